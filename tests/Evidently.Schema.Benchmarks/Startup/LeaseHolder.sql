SELECT l.holder FROM evidently_schema.leases AS l WHERE l.name = 'migrate';
