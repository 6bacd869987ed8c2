using System.Globalization;
using System.Text;
using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.DualWrite;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>
/// Random rows with values from every corner of their types, in every variant: each is projected or rejected with a reason, no batch stops and
/// no writer fails, by backfill and in the writer's transaction. The seed is printed and in every failure; EVIDENTLY_SCHEMA_FUZZ_SEED replays it,
/// EVIDENTLY_SCHEMA_FUZZ_RESULTS is how many results, and as many statements in phase 3 (30).
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class FuzzTests
{
    /// <summary>Bytes of a topic that its index holds, whatever else is in the row.</summary>
    private const int IndexedTopic = 2_600;

    private static readonly int Seed = Setting("SEED", Random.Shared.Next());
    private static readonly int Results = Setting("RESULTS", 30);

    [TestCaseSource(typeof(LegacyVariant), nameof(LegacyVariant.Pairwise))]
    [Category("Versions")]
    public async Task Every_row_from_the_corners_of_its_types_is_projected_or_rejected_and_no_batch_stops(LegacyVariant variant)
    {
        await TestContext.Out.WriteLineAsync($"EVIDENTLY_SCHEMA_FUZZ_SEED={Seed} EVIDENTLY_SCHEMA_FUZZ_RESULTS={Results}");
        await using var database = await StarDatabase.CreateAsync(0, variant);
        await using var session = await database.OpenAsync();
        if (!variant.ForeignKeys)
        {
            await DirtyRows.DropIndexesOfLargeTextAsync(session.Connection);
        }

        var positions = await CatalogTable.ReadAsync(session.Connection, "extracted_positions", CancellationToken.None);
        var rows = new FuzzRows(Seed, positions);
        var dirt = await DirtyRows.InsertAsync(session.Connection, [.. Enumerable.Range(0, Results).Select(_ => rows.Result())]);
        Assert.That(dirt.Cases, Is.Not.Empty, $"every result was refused by legacy, seed {Seed}");

        await database.MigrateAsync(Phase.Backfill);
        await AssertRightAsync(database, "the backfill");

        await database.MigrateAsync(Phase.DualWrite);
        var writer = new FuzzWriter(session.Connection, positions, rows);
        for (var i = 0; i < Results; i++)
        {
            await writer.WriteAsync();
        }

        Assert.That(writer.Written, Is.Positive);
        Assert.That(
            await database.ListAsync("SELECT DISTINCT last_error FROM evidently_schema.change_notes WHERE last_error IS NOT NULL"), Is.Empty, $"errors of the dual-write, seed {Seed}");
        await database.DrainAsync();
        await AssertRightAsync(database, "the dual-write");
        Assert.That(await database.ScalarAsync<long>("SELECT evidently_schema.repair()"), Is.Zero, $"results that repair() touched, seed {Seed}");
    }

    /// <summary>Not by chance: each corner of each column, in a brand row and in a competitor's, in every variant.</summary>
    [TestCaseSource(typeof(LegacyVariant), nameof(LegacyVariant.Pairwise))]
    [Category("Last")]
    [Explicit("A thousand results in every variant: CI runs it last.")]
    public async Task Every_corner_of_every_column_is_projected_or_rejected_and_no_batch_stops(LegacyVariant variant)
    {
        await using var database = await StarDatabase.CreateAsync(0, variant);
        await using var session = await database.OpenAsync();
        if (!variant.ForeignKeys)
        {
            await DirtyRows.DropIndexesOfLargeTextAsync(session.Connection);
        }

        var cases = FuzzCorners.All(await CatalogTable.ReadAsync(session.Connection, "extracted_positions", CancellationToken.None));
        var dirt = await DirtyRows.InsertAsync(session.Connection, cases);
        await TestContext.Out.WriteLineAsync($"{dirt.Cases.Count} corners, and {dirt.LeftOut.Count} that this legacy refuses");

        await database.MigrateAsync(Phase.Backfill);
        await AssertRightAsync(database, "the backfill");

        await database.MigrateAsync(Phase.DualWrite);
        foreach (var results in dirt.Cases.Values.Chunk(50))
        {
            await session.ExecuteAsync($"UPDATE extracted_positions SET total_word_count = 7 WHERE collector_result_id IN ({string.Join(", ", results)})");
        }

        Assert.That(await database.ListAsync("SELECT DISTINCT last_error FROM evidently_schema.change_notes WHERE last_error IS NOT NULL"), Is.Empty, "errors of the dual-write");
        await database.DrainAsync();
        await AssertRightAsync(database, "the dual-write");
    }

    /// <summary>The star is the one its legacy rows describe, and verify() says so too; only a topic too large for its index was refused by an INSERT.</summary>
    private static async Task AssertRightAsync(StarDatabase database, string after)
    {
        var refused = (await database.ListAsync(
            "SELECT DISTINCT collector_result_id FROM evidently_schema.rejected_rows WHERE detail = 'SQLSTATE 54000' ORDER BY 1"))
            .ConvertAll(id => long.Parse(id, CultureInfo.InvariantCulture));
        await using (var connection = new NpgsqlConnection(database.ConnectionString))
        {
            await connection.OpenAsync();
            var sound = ExpectedStar.From(await LegacySnapshot.ReadAsync(connection)).Tables.Facts;
            Assert.That(
                refused.Where(id => Encoding.UTF8.GetByteCount(sound[StarTables.Key(id), "topic"] ?? "") <= IndexedTopic), Is.Empty, $"refused without need, seed {Seed}");
        }

        Assert.That(
            await database.ListAsync("SELECT DISTINCT detail FROM evidently_schema.rejected_rows WHERE detail LIKE 'SQLSTATE %' AND detail <> 'SQLSTATE 54000'"), Is.Empty,
            $"refused by the INSERT, seed {Seed}");
        Assert.That(await SyncDatabase.NotesAsync(database), Is.Zero, $"notes after {after}, seed {Seed}");
        Assert.That(await database.DifferencesAsync(refused), Is.Empty, $"the star is not the one its legacy rows describe after {after}, seed {Seed}");
        Assert.That(
            await database.ListAsync("SELECT v::text FROM evidently_schema.verify() AS v WHERE NOT v.ok"), Is.Empty, $"verification after {after}, seed {Seed}");
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable($"EVIDENTLY_SCHEMA_FUZZ_{name}"), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
