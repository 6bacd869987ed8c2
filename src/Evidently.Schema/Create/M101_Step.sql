-- The one way a step touches live tables. Takes all their locks in one subtransaction, all or none, within one short budget, runs the
-- step's body under them, and otherwise frees everything, commits and tries again with jitter: a writer never queues behind us for
-- longer than the budget. Gives up after evidently_schema.lock_patience (default 60 s) with EV005, naming who blocked it; what it got at a later try
-- than the first it says in a notice, EV100, whose DETAIL is the seconds.
-- Before the budget begins, tables of the star are waited for up to 5 s in SHARE UPDATE EXCLUSIVE, so that an autovacuum gives way: that
-- mode makes no reader and no writer of the star wait, such as a parent's DELETE that cascades.
-- p_tables: names in schema public, locked in this order; p_body: SQL statements; p_mode: a table lock mode.
CREATE OR REPLACE PROCEDURE evidently_schema.step(p_tables text[], p_body text, p_mode text DEFAULT 'SHARE ROW EXCLUSIVE')
LANGUAGE plpgsql
AS $procedure$
DECLARE
    patience constant interval := coalesce(nullif(current_setting('evidently_schema.lock_patience', true), ''), '60 seconds')::interval;
    begun constant timestamptz := clock_timestamp();
    give_up_at constant timestamptz := begun + patience;
    budget_ms integer := 50;
    star constant text[] := ARRAY['metric_facts', 'brand_metrics', 'competitor_metrics', 'brand_sentiment', 'competitor_sentiment'];
    lock_deadline timestamptz;
    waited_for text;
    found pg_catalog.pg_class;
    blockers text;
    dependents text;
    tries integer := 0;
BEGIN
    LOOP
        tries := tries + 1;
        waited_for := NULL;
        BEGIN
            PERFORM pg_catalog.set_config('lock_timeout', '5000', true);
            FOREACH waited_for IN ARRAY p_tables LOOP
                IF waited_for = ANY (star) AND to_regclass('public.' || waited_for) IS NOT NULL THEN
                    EXECUTE pg_catalog.format('LOCK TABLE public.%I IN SHARE UPDATE EXCLUSIVE MODE', waited_for);
                END IF;
            END LOOP;
            lock_deadline := clock_timestamp() + pg_catalog.make_interval(secs => budget_ms / 1000.0);
            FOREACH waited_for IN ARRAY p_tables LOOP
                CONTINUE WHEN waited_for = ANY (star) AND to_regclass('public.' || waited_for) IS NULL; -- dropped by hand: Down goes on without it
                -- archived or not any more: a killed step, run again
                found := (SELECT c FROM pg_catalog.pg_class AS c WHERE c.oid = to_regclass('public.' || waited_for));
                CONTINUE WHEN waited_for LIKE 'extracted_positions%' AND (found.oid IS NULL OR found.relkind = 'v' AND p_mode <> 'ACCESS EXCLUSIVE');
                PERFORM pg_catalog.set_config('lock_timeout',
                    greatest(1, ceil(extract(epoch FROM lock_deadline - clock_timestamp()) * 1000))::integer::text, true);
                EXECUTE CASE found.relkind -- LOCK of a view would lock all that it is made of; to give it to its owner locks the view, ACCESS EXCLUSIVE, and changes nothing
                    WHEN 'v' THEN pg_catalog.format('ALTER VIEW public.%I OWNER TO %I', waited_for, pg_catalog.pg_get_userbyid(found.relowner))
                    ELSE pg_catalog.format('LOCK TABLE public.%I IN %s MODE', waited_for, p_mode) END;
            END LOOP;
            PERFORM pg_catalog.set_config('lock_timeout', '100', true);
            PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true); -- a host's concat_ws (text, text) would fit better than the server's
            EXECUTE p_body;
            IF tries > 1 THEN
                RAISE NOTICE USING ERRCODE = 'EV100', DETAIL = extract(epoch FROM clock_timestamp() - begun)::numeric(10, 3)::text, MESSAGE = pg_catalog.format(
                    'Locked %s at the %s. try, after %s; held before by %s.', pg_catalog.array_to_string(p_tables, ', '), tries, clock_timestamp() - begun,
                    coalesce(blockers, 'a transaction that has ended meanwhile'));
            END IF;
            RETURN;
        EXCEPTION
            WHEN lock_not_available OR deadlock_detected THEN
                NULL; -- the subtransaction's locks are free again; who held the table is read below
            WHEN dependent_objects_still_exist THEN -- whose own hint is to drop them, too
                GET STACKED DIAGNOSTICS dependents = PG_EXCEPTION_DETAIL;
                RAISE EXCEPTION USING ERRCODE = 'EV007', MESSAGE = pg_catalog.format('%s: %s. This step has changed nothing.', SQLERRM, replace(dependents, E'\n', '; ')),
                    HINT = 'What a migration made that was interrupted, and is not listed as applied: migrate up, then roll back. What the host made: drop it first.';
        END;

        SELECT string_agg(DISTINCT pg_catalog.format('backend %s (%s, %s, transaction open for %s)', l.pid, coalesce(nullif(a.application_name, ''), 'unnamed'),
            coalesce(a.state, 'state not visible'), coalesce(date_trunc('second', clock_timestamp() - a.xact_start)::text, 'an unknown time')), '; ')
        INTO blockers
        FROM pg_catalog.pg_locks AS l
        LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
        WHERE l.locktype = 'relation' AND l.granted AND l.pid <> pg_catalog.pg_backend_pid()
            AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database())
            AND l.relation = coalesce(to_regclass('public.' || waited_for)::oid, l.relation)
            AND l.mode <> CASE WHEN p_mode = 'ACCESS EXCLUSIVE' THEN '' ELSE 'AccessShareLock' END;

        IF clock_timestamp() > give_up_at THEN
            RAISE EXCEPTION USING
                ERRCODE = 'EV005',
                MESSAGE = pg_catalog.format('Could not lock public.%s in %s tries within %s; nothing was changed. Held by %s.', waited_for, tries, patience,
                    coalesce(blockers, 'a transaction that has ended meanwhile')),
                HINT = 'End that transaction or wait for it, then run the migration again. '
                    'To wait longer: SET evidently_schema.lock_patience = ''10 minutes''.';
        END IF;

        COMMIT;
        PERFORM pg_catalog.pg_sleep((0.5 + random()) * budget_ms / 1000.0);
        budget_ms := least(budget_ms * 2, 200);
    END LOOP;
END
$procedure$;
