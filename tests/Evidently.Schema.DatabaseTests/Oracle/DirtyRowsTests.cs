using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>The dirt is there, and each kind of it in some database of each kind of competitor id.</summary>
public sealed class DirtyRowsTests
{
    private static readonly string[] Reasons =
    [
        RejectReason.NoResultId, RejectReason.NoBrandRow, RejectReason.Superseded, RejectReason.Invalid, RejectReason.MissingParent,
        RejectReason.UnknownCompetitor, RejectReason.OutOfRange, RejectReason.UnknownLabel,
    ];

    [Test]
    public void No_two_cases_have_one_name() =>
        Assert.That(DirtyCatalog.All.Select(dirtyCase => dirtyCase.Name), Is.Unique);

    [Test]
    public async Task Every_case_fits_into_some_variant([Values] CompetitorIdType competitorId)
    {
        var open = DirtyCatalog.All.Select(dirtyCase => dirtyCase.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var variant in VariantTests.Variants().Where(variant => variant.CompetitorId == competitorId))
        {
            await using var database = await TestServer.CreateLegacyAsync(variant);
            await using var connection = new NpgsqlConnection(database.ConnectionString);
            await connection.OpenAsync();
            open.ExceptWith((await VariantTests.InsertDirtAsync(connection, variant)).Cases.Keys);
        }

        Assert.That(open, Is.Empty);
    }

    [Test]
    public async Task Every_reason_occurs_and_every_row_has_its_place()
    {
        var variant = new LegacyVariant { ForeignKeys = false };
        await using var database = await TestServer.CreateLegacyAsync(variant);
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();

        var dirt = await VariantTests.InsertDirtAsync(connection, variant);

        var star = ExpectedStar.From(await LegacySnapshot.ReadAsync(connection), dirt.RefusedByInsert);
        var rejected = star.Tables.Rejected.Rows;
        var labels = rejected.Values.Count(row => row[1] is RejectReason.UnknownLabel);
        Assert.Multiple(() =>
        {
            Assert.That(rejected.Values.Select(row => row[1]).ToHashSet(StringComparer.Ordinal), Is.EquivalentTo(Reasons));
            Assert.That(star.Projected.Count + rejected.Count - labels, Is.EqualTo(star.LegacyRows.Count));
            Assert.That(star.Tables.Star.Select(table => table.Rows.Count), Is.All.GreaterThan(10));
            Assert.That(dirt.RefusedByInsert, Has.Count.EqualTo(2));
        });
    }
}
