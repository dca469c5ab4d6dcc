"""3. Enquiries: opened or joined by a message, listened to, triaged, closed."""
