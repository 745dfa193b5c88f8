"""Who may do what with which key: one table, asked through every door."""
