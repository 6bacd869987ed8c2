-- Inserts the rows of the view legacy_rows, those of its columns that the table has, in the table's own types.
DO $fill$
DECLARE
    columns text;
    expressions text;
BEGIN
    SELECT
        string_agg(quote_ident(host.attname), ', ' ORDER BY host.attnum),
        string_agg(
            CASE
                WHEN host.attname IN ('brand_positions', 'competitor_positions') AND host.atttypid = 'jsonb'::regtype
                    THEN quote_ident(host.attname || '_json')
                ELSE format('%I::%s', host.attname, format_type(host.atttypid, host.atttypmod))
            END,
            ', ' ORDER BY host.attnum)
    INTO STRICT columns, expressions
    FROM pg_catalog.pg_attribute AS host
    JOIN pg_catalog.pg_attribute AS ours ON ours.attrelid = 'pg_temp.legacy_rows'::regclass AND ours.attname = host.attname
    WHERE host.attrelid = 'public.extracted_positions'::regclass
        AND host.attnum > 0
        AND NOT host.attisdropped
        AND (host.attname <> 'id' OR host.atttypid = 'uuid'::regtype);
    EXECUTE format('INSERT INTO public.extracted_positions (%s) SELECT %s FROM pg_temp.legacy_rows ORDER BY r, place', columns, expressions);
END;
$fill$;
