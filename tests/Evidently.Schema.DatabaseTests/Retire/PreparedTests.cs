using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Retire;

/// <summary>Pooled sessions with statements planned before the swap go on after it, and after Down.</summary>
[Category("Versions")]
[Parallelizable(ParallelScope.All)]
public sealed class PreparedTests
{
    private static readonly string[] Statements =
    [
        "SELECT * FROM extracted_positions WHERE collector_result_id = $1",
        "SELECT ep.visibility_index, ep.sentiment_score, ep.brand_positions FROM extracted_positions AS ep JOIN collector_results AS c ON c.id = ep.collector_result_id WHERE c.id = $1",
        "UPDATE extracted_positions SET total_word_count = 5 WHERE collector_result_id = $1 RETURNING *",
        "INSERT INTO extracted_positions (collector_result_id, brand_id, customer_id, query_id, collector_type) SELECT collector_result_id, brand_id, customer_id, query_id, 'again' FROM extracted_positions WHERE collector_result_id = $1 LIMIT 1 RETURNING id, created_at",
        "DELETE FROM extracted_positions WHERE collector_result_id = $1 AND collector_type = 'again' RETURNING id",
    ];

    [Test]
    public async Task Statements_prepared_on_the_table_run_on_the_view_and_on_the_table_again([Values] MetricType metrics)
    {
        await using var database = await RetireDatabase.ReadyAsync(new LegacyVariant { Metrics = metrics });
        var connectionString = new NpgsqlConnectionStringBuilder(database.ConnectionString) { MaxAutoPrepare = 20, AutoPrepareMinUsages = 1, MaxPoolSize = 1 };
        await using var source = NpgsqlDataSource.Create(connectionString);
        var before = await RunAsync(source, times: 7); // more than five: a generic plan

        await database.MigrateAsync(Phase.Retire);
        Assert.That(await RunAsync(source, times: 7), Is.EqualTo(before), "on the view");

        await database.RollbackAsync(Phase.Reads);
        Assert.That(await RunAsync(source, times: 7), Is.EqualTo(before), "on the table again");

        await database.MigrateAsync(Phase.Retire);
        Assert.That(await RunAsync(source, times: 1), Is.EqualTo(before), "on the view again");
        await database.AssertVerifiedAsync();
    }

    [Test]
    public async Task A_function_of_the_host_that_was_planned_before_goes_on()
    {
        await using var database = await RetireDatabase.ReadyAsync();
        await database.ExecuteAsync("CREATE FUNCTION host_rows(p bigint) RETURNS bigint LANGUAGE plpgsql AS 'DECLARE r public.extracted_positions; BEGIN SELECT * INTO r FROM public.extracted_positions WHERE collector_result_id = p LIMIT 1; RETURN r.collector_result_id; END'");
        await using var session = await database.OpenAsync();
        Assert.That(await session.ScalarAsync<long>("SELECT host_rows(3)"), Is.EqualTo(3));

        await database.MigrateAsync(Phase.Retire);
        Assert.That(await session.ScalarAsync<long>("SELECT host_rows(3)"), Is.EqualTo(3));

        await database.RollbackAsync(Phase.Reads);
        Assert.That(await session.ScalarAsync<long>("SELECT host_rows(3)"), Is.EqualTo(3));
    }

    private static async Task<List<string>> RunAsync(NpgsqlDataSource source, int times)
    {
        var shapes = new List<string>();
        for (var time = 0; time < times; time++)
        {
            foreach (var sql in Statements)
            {
                await using var command = source.CreateCommand(sql);
                command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = 2 });
                await using var reader = await command.ExecuteReaderAsync();
                var rows = 0;
                while (await reader.ReadAsync())
                {
                    rows++;
                }

                if (time == 0)
                {
                    shapes.Add($"{rows}: {string.Join(", ", Enumerable.Range(0, reader.FieldCount).Select(column => $"{reader.GetName(column)} {reader.GetDataTypeName(column)}"))}");
                }
            }
        }

        return shapes;
    }
}
