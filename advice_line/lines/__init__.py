"""Services, their telephone lines, menus and hours, and who is on the rota: what one configuration file says.

Read in this order. `numbers`, `values`, `standards` and `menu` are what a `configuration` is made of. `source` is a
file's text with its lines, `menu_tree` and `consistency` find what does not hold together, `sentences` puts faults into
words, and `reading` joins them. `rows`, `rota` and `duty_leads` are the tables, `configure` brings a file into them,
and `directory` is what the doors keep in memory.
"""
