-- statement_timeout covers a whole CALL and cannot be set anew inside it; ResetTimeout.sql follows.
SET statement_timeout = 0;
