using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Packages;
using Evidently.Schema.DatabaseTests.Retire;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Proof;

/// <summary>
/// Statements of every kind, on the table and on the view that takes its name: what runs on the one and not on the other is an exception to "nothing
/// that succeeded before fails", and the runbook names it.
/// </summary>
[Category("Proof")]
[Explicit("Takes the machine to itself: CI runs it last.")]
public sealed class StatementKindsTests
{
    /// <summary>What the view refuses, and how the runbook calls it.</summary>
    private static readonly (string Statement, string Named)[] Refused =
    [
        ("SELECT ep.*, count(c.id) FROM extracted_positions AS ep JOIN collector_results AS c ON c.id = ep.collector_result_id GROUP BY ep.id", "GROUP BY"),
        ("SELECT count(*) FROM extracted_positions TABLESAMPLE SYSTEM (50)", "TABLESAMPLE"),
        ("SELECT ctid FROM extracted_positions LIMIT 1", "`ctid`"),
        ("SELECT xmin, tableoid FROM extracted_positions LIMIT 1", "`xmin`"),
        ("COPY extracted_positions TO STDOUT", "COPY … TO"),
        ("INSERT INTO extracted_positions (id) VALUES (1) ON CONFLICT DO NOTHING", "ON CONFLICT"),
        ("INSERT INTO extracted_positions (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET topic = 'x'", "ON CONFLICT"),
        ("INSERT INTO extracted_positions (id, topic) OVERRIDING USER VALUE VALUES (1, 'x')", "OVERRIDING USER VALUE"),
        ("BEGIN; DECLARE c CURSOR FOR SELECT id FROM extracted_positions; FETCH 1 FROM c; UPDATE extracted_positions SET topic = 'c' WHERE CURRENT OF c; COMMIT", "WHERE CURRENT OF"),
        ("ALTER TABLE extracted_positions ADD COLUMN added integer", "DDL"),
        ("CREATE INDEX added ON extracted_positions (brand_name)", "DDL"),
        ("COMMENT ON TABLE extracted_positions IS 'x'", "DDL"),
        ("REINDEX TABLE extracted_positions", "DDL"),
        ("TRUNCATE extracted_positions", "TRUNCATE"),
    ];

    private static readonly string[] Allowed =
    [
        "SELECT count(*) FROM ONLY extracted_positions",
        "SELECT ep FROM extracted_positions AS ep LIMIT 1",
        "SELECT to_jsonb(ep), (ep).topic FROM extracted_positions AS ep LIMIT 1",
        "SELECT jsonb_populate_record(NULL::extracted_positions, '{\"id\": 1}')",
        "SELECT nextval(pg_get_serial_sequence('extracted_positions', 'id'))",
        "SELECT id FROM extracted_positions ORDER BY id LIMIT 1 FOR SHARE",
        "SELECT id FROM extracted_positions ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED",
        "COPY (SELECT * FROM extracted_positions) TO STDOUT",
        "INSERT INTO extracted_positions DEFAULT VALUES",
        "INSERT INTO extracted_positions (id, topic) VALUES (DEFAULT, 'x') RETURNING id, created_at",
        "INSERT INTO extracted_positions (id, topic) OVERRIDING SYSTEM VALUE VALUES (987654, 'x')",
        "INSERT INTO extracted_positions (topic) SELECT r.topic FROM jsonb_populate_recordset(NULL::extracted_positions, '[{\"topic\": \"x\"}]') AS r",
        "UPDATE extracted_positions SET (topic, collector_type) = (SELECT 'a', 'b') WHERE id = 1 RETURNING *",
        "UPDATE extracted_positions SET topic = DEFAULT, created_at = DEFAULT WHERE id = 1",
        "UPDATE extracted_positions AS ep SET topic = c.collector_type FROM collector_results AS c WHERE c.id = ep.collector_result_id AND ep.id = 1",
        "DELETE FROM extracted_positions USING collector_results AS c WHERE c.id = -5 AND c.id = collector_result_id",
        "WITH gone AS (DELETE FROM extracted_positions WHERE id = 3 RETURNING *) INSERT INTO extracted_positions SELECT * FROM gone",
        "BEGIN; LOCK TABLE extracted_positions IN SHARE MODE; COMMIT",
        "ANALYZE extracted_positions",
        "VACUUM (ANALYZE) extracted_positions",
        "GRANT SELECT ON extracted_positions TO PUBLIC",
        "CREATE TEMP TABLE copied (LIKE extracted_positions INCLUDING DEFAULTS)",
        "BEGIN; INSERT INTO extracted_positions (topic) VALUES ('d'); SAVEPOINT s; DELETE FROM extracted_positions WHERE topic = 'd'; ROLLBACK TO s; COMMIT",
        "BEGIN ISOLATION LEVEL SERIALIZABLE; UPDATE extracted_positions SET topic = 's' WHERE id = 2; COMMIT",
    ];

    [Test]
    public async Task What_runs_on_the_table_runs_on_the_view_but_for_what_the_runbook_names()
    {
        await using var table = await RetireDatabase.ReadyAsync();
        await using var view = await RetireDatabase.ArchivedAsync();
        var runbook = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "phases.md"));
        var exceptions = runbook.Split("**The view does not support**")[1].Split("\n- **")[0];
        Assert.Multiple(async () =>
        {
            foreach (var (statement, named) in Refused)
            {
                Assert.That(await RunAsync(table, statement), Is.Null, $"on the table: {statement}");
                Assert.That(await RunAsync(view, statement), Is.Not.Null, $"on the view: {statement}");
                Assert.That(exceptions, Does.Contain(named));
            }

            foreach (var statement in Allowed)
            {
                Assert.That(await RunAsync(table, statement), Is.Null, $"on the table: {statement}");
                Assert.That(await RunAsync(view, statement), Is.Null, $"on the view: {statement}");
            }
        });
    }

    /// <summary>The error, or null.</summary>
    private static async Task<string?> RunAsync(StarDatabase database, string statement)
    {
        await using var session = await database.OpenAsync();
        try
        {
            if (statement.StartsWith("COPY", StringComparison.Ordinal))
            {
                using var reader = await session.Connection.BeginTextExportAsync(statement);
                await reader.ReadToEndAsync();
            }
            else
            {
                await session.ExecuteAsync(statement);
            }

            return null;
        }
        catch (PostgresException problem)
        {
            return $"{problem.SqlState} {problem.MessageText}";
        }
    }
}
