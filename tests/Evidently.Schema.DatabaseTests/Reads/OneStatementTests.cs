using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Hosting;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Reads;

/// <summary>One query per page, as the server's own log counts.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class OneStatementTests
{
    private static readonly Dictionary<string, string> EverythingLogged = new(StringComparer.Ordinal)
    {
        ["logging_collector"] = "on",
        ["log_destination"] = "stderr",
        ["log_line_prefix"] = "%a: ",
        ["log_statement"] = "all",
    };

    [Test]
    public async Task Every_method_is_one_statement()
    {
        await using var server = await OwnServer.StartAsync(EverythingLogged);
        await using var legacy = await LegacyDatabase.CreateAsync(server);
        await legacy.FillAsync(StarDatabase.Few);
        await using var database = StarDatabase.Of(legacy);
        await database.MigrateAsync(Phase.Reads);
        var connectionString = new NpgsqlConnectionStringBuilder(database.ConnectionString)
        {
            ApplicationName = "page",

            // The pool's DISCARD ALL is a statement too, of the driver's.
            NoResetOnClose = true,
        };
        await using var source = NpgsqlDataSource.Create(connectionString);
        var reader = new MetricsReader(source);

        // The driver asks for the server's types first.
        await reader.GetSourceMetricsAsync(Guid.Empty, []);
        foreach (var call in (await ReaderCall.AllAsync(database)).DistinctBy(call => call.Function, StringComparer.Ordinal))
        {
            var mark = $"{call.Function} was called";
            await using (var begin = source.CreateCommand($"SELECT 'now {call.Function}'"))
            {
                await begin.ExecuteNonQueryAsync();
            }

            await call.Read(reader, CancellationToken.None);
            await using (var end = source.CreateCommand($"SELECT '{mark}'"))
            {
                await end.ExecuteNonQueryAsync();
            }

            string[] logged = [];
            await Eventually.Holds(
                async () =>
                {
                    logged = (await Sql.ScalarAsync<string>(server.ConnectionString, "SELECT pg_read_file(pg_current_logfile())"))!.Split('\n');
                    return logged.Any(line => line.Contains(mark, StringComparison.Ordinal));
                },
                "the log is written");
            Assert.That(
                logged.SkipWhile(line => !line.Contains($"now {call.Function}", StringComparison.Ordinal)).Skip(1)
                    .TakeWhile(line => !line.Contains(mark, StringComparison.Ordinal))
                    .Where(line => line.StartsWith("page: LOG:  ", StringComparison.Ordinal)),
                Has.Exactly(1).Items.And.All.Contains("SELECT current_setting"),
                call.Function);
        }
    }
}
