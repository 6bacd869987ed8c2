-- Back to the role's own timeout: a SET would leak into the next migration.
RESET statement_timeout;
