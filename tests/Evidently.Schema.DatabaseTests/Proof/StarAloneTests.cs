using Evidently.Schema.DatabaseTests.Retire;

namespace Evidently.Schema.DatabaseTests.Proof;

[Category("Proof")]
public sealed class StarAloneTests
{
    private const string Names = "SELECT competitor_name FROM extracted_positions WHERE collector_result_id = 100 AND competitor_name IS NOT NULL ORDER BY 1";

    /// <summary>As the runbook says: an acknowledged competitor row was missed by the proof, under its old name.</summary>
    [Test]
    public async Task A_result_of_the_star_alone_follows_its_competitors()
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await database.ExecuteAsync(RetireDatabase.Save(100));
        var names = await database.ListAsync(Names);
        var ofBrand = "brand_id = (SELECT brand_id FROM metric_facts WHERE collector_result_id = 100)";

        await database.ExecuteAsync($"UPDATE brand_competitors SET competitor_name = 'Renamed' WHERE {ofBrand} AND competitor_name = '{names[0]}'");
        await database.ExecuteAsync($"DELETE FROM brand_competitors WHERE {ofBrand} AND competitor_name = '{names[1]}'");
        List<string> expected = ["Renamed", .. names.Skip(2)];

        Assert.That(await database.ListAsync(Names), Is.EquivalentTo(expected));
        await database.RollbackAsync(Phase.Reads);
        Assert.That(await database.ListAsync(Names), Is.EquivalentTo(expected), "back in the table");
        await database.AssertVerifiedAsync();
    }
}
