using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Hosting;
using Evidently.Schema.DatabaseTests.Packages;

namespace Evidently.Schema.DatabaseTests.Tool;

/// <summary>What the commands do.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class ToolTests
{
    private const string Fingerprint = "SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname IN ('public', 'evidently_schema')";

    private static readonly string[] Parents = ["collector_results", "generated_queries", "brand_competitors", "brands", "customers"];

    [Test]
    public async Task Preflight_names_dirt_with_ids_and_sizes_and_changes_nothing()
    {
        await using var database = await HostDatabase.LegacyAsync(300);
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 'NaN' WHERE id IN (SELECT id FROM extracted_positions WHERE competitor_name IS NULL LIMIT 3); ALTER TABLE extracted_positions ADD COLUMN of_the_host text");
        var before = await database.ScalarAsync<long>(Fingerprint);

        var answer = await ToolProcess.JsonAsync(database.ConnectionString, 0, "preflight");

        Assert.Multiple(() =>
        {
            Assert.That(answer.GetProperty("ok").GetBoolean());
            var dirt = answer.GetProperty("sample").GetProperty("dirt").EnumerateArray().Single(reason => reason.GetProperty("reason").GetString() is "out_of_range");
            Assert.That(dirt.GetProperty("rows").GetInt64(), Is.EqualTo(3));
            Assert.That(dirt.GetProperty("examples").GetArrayLength(), Is.EqualTo(3));
            Assert.That(answer.GetProperty("sample").GetProperty("unmappedColumns").EnumerateArray().Select(column => column.GetString()), Does.Contain("of_the_host"));
            Assert.That(answer.GetProperty("forecast").GetProperty("starBytes").GetInt64(), Is.Positive);
            Assert.That(answer.GetProperty("sample").GetProperty("batch").GetProperty("rows").GetInt64(), Is.GreaterThan(1_000));
            var shape = answer.GetProperty("shape").EnumerateArray().ToDictionary(fact => fact.GetProperty("what").GetString()!, fact => fact.GetProperty("found").GetString(), StringComparer.Ordinal);
            Assert.That((shape["extracted_positions.id"], shape["brand_competitors.id"], shape["positions"], shape["metrics"]), Is.EqualTo(("bigint", "integer", "integer[]", "numeric")));
            Assert.That(shape["sentiment columns"], Does.Contain("sentiment_label, sentiment_label_competitor"));
            Assert.That((shape["topic in"], shape["triggers of the host"]), Is.EqualTo(("extracted_positions, generated_queries", "none")));
            Assert.That(answer.GetProperty("forecast").GetProperty("copy").GetString(), Is.Not.Null);
        });
        Assert.That(await database.ScalarAsync<long>(Fingerprint), Is.EqualTo(before));
        Assert.That(await database.ScalarAsync<bool>("SELECT to_regnamespace('evidently_schema') IS NULL"));
    }

    [Test]
    public async Task Preflight_names_for_each_phase_the_tables_that_its_steps_lock()
    {
        await using var database = await HostDatabase.LegacyAsync();

        var steps = (await ToolProcess.JsonAsync(database.ConnectionString, 0, "plan", "--to", "Retire")).GetProperty("steps").EnumerateArray().ToLookup(
            step => step.GetProperty("version").GetInt64() / 100, step => string.Join("; ", step.GetProperty("locks").EnumerateArray()));
        var locks = (await ToolProcess.JsonAsync(database.ConnectionString, 0, "preflight")).GetProperty("locks").EnumerateArray().ToDictionary(
            phase => (long)Enum.Parse<Phase>(phase.GetProperty("phase").GetString()!), phase => phase.GetProperty("what").GetString()!);

        Assert.That(locks.Keys, Is.EqualTo(new long[] { 1, 2, 3, 4, 5 }));
        foreach (var phase in locks.Keys)
        {
            var taken = string.Join(' ', steps[phase]);
            Assert.That(Parents.Append("extracted_positions").Where(table => taken.Contains(table, StringComparison.Ordinal) && !locks[phase].Contains(table, StringComparison.Ordinal)), Is.Empty, $"{phase}");
            Assert.That(locks[phase].StartsWith("none", StringComparison.Ordinal), Is.EqualTo(steps[phase].All(step => step.Length == 0)), $"{phase}");
        }
    }

    [Test]
    public async Task Preflight_says_no_to_a_database_that_lacks_a_column_and_to_a_transaction_in_the_way()
    {
        await using var database = await HostDatabase.LegacyAsync();
        await database.ExecuteAsync("ALTER TABLE extracted_positions DROP COLUMN total_word_count");
        await using var other = await database.OpenAsync();
        await using var hold = new Npgsql.NpgsqlCommand("BEGIN; LOCK TABLE brands IN ROW EXCLUSIVE MODE", other);
        await hold.ExecuteNonQueryAsync();
        await Eventually.Holds(() => database.ScalarAsync<bool>($"SELECT clock_timestamp() - xact_start > interval '1.1 seconds' FROM pg_stat_activity WHERE pid = {other.ProcessID}"), "it is open for a second");

        var answer = await ToolProcess.JsonAsync(database.ConnectionString, 3, "preflight");

        var problems = string.Join(' ', answer.GetProperty("problems").EnumerateArray().Select(problem => problem.GetString()));
        Assert.That(problems, Does.Contain("total_word_count is missing").And.Contain($"Backend {other.ProcessID}"));
    }

    [Test]
    public async Task From_preflight_to_rollback_every_command_does_its_work()
    {
        await using var database = await HostDatabase.LegacyAsync(300);
        var connection = database.ConnectionString;

        var plan = await ToolProcess.RunAsync(connection, "plan");
        Assert.That(plan.Output, Does.Contain("SHARE ROW EXCLUSIVE on brands").And.Contain("303"), plan.All);
        Assert.That((await ToolProcess.RunAsync(connection, "plan", "--sql")).Output, Does.Contain("CREATE TABLE IF NOT EXISTS public.metric_facts"));
        var created = await ToolProcess.JsonAsync(connection, 0, "migrate", "--to", "1");
        Assert.That(created.GetProperty("applied").GetArrayLength(), Is.EqualTo(8));
        await ToolProcess.JsonAsync(connection, 0, "backfill", "--batch-size", "50");
        Assert.That(await database.ScalarAsync<string>("SELECT value FROM evidently_schema.settings WHERE name = 'backfill_batch_size'"), Is.EqualTo("50"));
        var filled = await ToolProcess.RunAsync(connection, "backfill");
        Assert.That(filled.Output, Does.Contain("is at phase Backfill"), filled.All);
        await ToolProcess.JsonAsync(connection, 0, "migrate", "--to", "dual-write");
        Assert.That((await ToolProcess.JsonAsync(connection, 0, "status")).GetProperty("status").GetProperty("dualWrite").GetProperty("mode").GetString(), Is.EqualTo("Sync"));

        await database.ExecuteAsync("DELETE FROM brand_metrics WHERE id IN (SELECT id FROM brand_metrics LIMIT 2)");
        Assert.That((await ToolProcess.JsonAsync(connection, 3, "verify")).GetProperty("ok").GetBoolean(), Is.False);
        Assert.That((await ToolProcess.JsonAsync(connection, 0, "repair")).GetProperty("ok").GetBoolean());
        Assert.That((await ToolProcess.JsonAsync(connection, 0, "mode", "capture")).GetProperty("mode").GetString(), Is.EqualTo("capture"));
        Assert.That((await ToolProcess.RunAsync(connection, "migrate", "--to", "dual-write")).Output, Does.Contain("Nothing was pending.").And.Contain("dual_write is not on"), "it would sound as if the star followed");
        Assert.That((await ToolProcess.JsonAsync(connection, 0, "mode", "sync")).GetProperty("mode").GetString(), Is.EqualTo("sync"));
        Assert.That((await ToolProcess.RunAsync(connection, "migrate", "--to", "dual-write")).Output, Does.Contain("Nothing was pending.").And.Not.Contain("dual_write is not on"));

        ToolProcess.AssertRefused(await ToolProcess.RunAsync(connection, "rollback", "--to", "create"), 6, "--yes");
        var reverted = await ToolProcess.JsonAsync(connection, 0, "rollback", "--to", "create", "--yes");
        Assert.That(reverted.GetProperty("reverted").GetArrayLength(), Is.EqualTo(11));
    }

    [Test]
    public async Task The_tool_is_packed_installed_from_a_local_feed_and_runs()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        var folder = Directory.CreateTempSubdirectory("evidently-tool-");
        try
        {
            var version = await PackedPackages.VersionAsync("Evidently.Schema.Tool");
            var installed = await ChildProcess.RunAsync(
                "dotnet",
                ["tool", "install", "Evidently.Schema.Tool", "--version", version, "--tool-path", folder.FullName, "--add-source", await PackedPackages.FolderAsync()],
                [.. PackedPackages.CleanEnvironment, ("NUGET_PACKAGES", Path.Combine(folder.FullName, "packages"))],
                folder.FullName);
            Assert.That(installed.ExitCode, Is.Zero, installed.All);

            var outcome = await ChildProcess.RunAsync(
                Path.Combine(folder.FullName, OperatingSystem.IsWindows() ? "evidently-schema.exe" : "evidently-schema"), ["verify"], [("EVIDENTLY_SCHEMA_CONNECTION", database.ConnectionString)]);

            Assert.That(outcome.ExitCode, Is.Zero, outcome.All);
            Assert.That(outcome.Output, Does.Contain("The star is what legacy projects to."));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public async Task Interrupted_a_backfill_stops_after_its_batch_and_goes_on_when_called_again()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Ctrl-C cannot be sent to one process there.");
        }

        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy);
        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = '1000' WHERE name = 'backfill_pause_ms'; UPDATE evidently_schema.settings SET value = '1' WHERE name = 'backfill_batch_size'");
        await using var tool = ToolProcess.Start(database.ConnectionString, "backfill");
        await Eventually.Holds(async () => await database.ScalarAsync<long>("SELECT done FROM evidently_schema.backfill_progress") > 0, "the copy has begun");

        await ChildProcess.RunAsync("/bin/kill", ["-INT", tool.Id.ToString()], []);
        var outcome = await tool.EndAsync();

        Assert.That(outcome.ExitCode, Is.EqualTo(130), outcome.All);
        Assert.That(outcome.Error, Does.Contain("run it again"));
        Assert.That(await database.ScalarAsync<bool>("SELECT sum(results) = (SELECT count(*) FROM metric_facts) FROM evidently_schema.backfill_lanes"));
        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = '0' WHERE name = 'backfill_pause_ms'");
        Assert.That((await ToolProcess.RunAsync(database.ConnectionString, "backfill")).ExitCode, Is.Zero);
        await database.AssertStarAsync();
    }
}
