using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Retire;

namespace Evidently.Schema.DatabaseTests.Tool;

/// <summary>Phase 5 from the tool, and the report when legacy is archived.</summary>
[Category("Last")]
[Explicit("Processes of their own: CI runs it last.")]
public sealed class ArchiveTests
{
    [Test]
    public async Task Legacy_is_archived_reported_on_and_brought_back()
    {
        await using var database = await RetireDatabase.ReadyAsync();
        var connection = database.ConnectionString;
        var file = Path.Combine(Path.GetTempPath(), $"evidently-{Guid.NewGuid():N}.html");
        try
        {
            ToolProcess.AssertRefused(await ToolProcess.RunAsync(connection, "archive"), 6, "--yes");
            var archived = await ToolProcess.JsonAsync(connection, 0, "archive", "--yes");
            Assert.That(archived.GetProperty("applied").EnumerateArray().Select(version => version.GetInt64()), Is.EqualTo(new long[] { 501, 502, 503 }));
            Assert.That((await ToolProcess.JsonAsync(connection, 0, "status")).GetProperty("status").GetProperty("phase").GetString(), Is.EqualTo("Retire"));
            Assert.That((await ToolProcess.RunAsync(connection, "verify")).ExitCode, Is.Zero);

            await ToolProcess.JsonAsync(connection, 0, "report", "--writes", "--output", file);
            var html = await File.ReadAllTextAsync(file);
            Assert.That(html, Does.Contain("archived, through the view").And.Contain("What it was before is not measured once legacy is archived").And.Contain("extracted_positions_archived"));

            Assert.That(html, Does.Not.Contain("legacy, table: 0.0 MB").And.Contain("went with the archive"));
            Assert.That((await ToolProcess.RunAsync(connection, "preflight")).Output, Does.Contain("Legacy is archived"));

            var back = await ToolProcess.JsonAsync(connection, 0, "rollback", "--to", "Reads", "--yes");
            Assert.That(back.GetProperty("reverted").GetArrayLength(), Is.EqualTo(3));
            await database.AssertVerifiedAsync();
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Test]
    public async Task What_stands_in_the_way_of_archiving_is_named_with_what_to_type()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed);

        ToolProcess.AssertRefused(await ToolProcess.RunAsync(database.ConnectionString, "archive", "--yes"), 1, "UPDATE evidently_schema.read_routes SET star_percent = 100");
        Assert.That(await database.ScalarAsync<long>("SELECT max(version) FROM evidently_schema.version_info"), Is.EqualTo(Steps.Routed));
    }
}
