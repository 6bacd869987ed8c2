CREATE SCHEMA IF NOT EXISTS evidently_schema;
