using System.Net;
using System.Text.Json.Nodes;
using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Retire;

namespace Evidently.Schema.DatabaseTests.PostgRest;

/// <summary>What our refusals look like over HTTP: 400, with SQLSTATE, message and hint as in psql.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class RefusalTests
{
    [Test]
    public async Task A_refusal_is_a_bad_request_with_the_SQLSTATE_the_message_and_what_to_type()
    {
        await using var rest = await Rest.StartAsync(Steps.Routed);
        var arguments = await rest.ResultAsync(1);

        arguments["p_competitors"] = new JsonArray(new JsonObject());
        (await rest.SaveAsync(arguments)).AssertRefused(HttpStatusCode.BadRequest, "EV010", "Give each competitor row its competitor_name.");
        (await rest.SendAsync("PATCH", "settings?name=eq.dual_write", new JsonObject { ["value"] = "on" }, schema: "evidently_schema"))
            .AssertRefused(HttpStatusCode.BadRequest, "EV008", "expected off, capture, sync or strict");
        await rest.Database.ExecuteAsync("DELETE FROM evidently_schema.verifications");
        (await rest.SendAsync("PATCH", "read_routes?service=eq.topics", new JsonObject { ["star_percent"] = 10 }, schema: "evidently_schema"))
            .AssertRefused(HttpStatusCode.BadRequest, "EV011", "evidently_schema.verify()");
    }

    [Test]
    public async Task A_strict_dual_write_refuses_the_request_and_nothing_is_written()
    {
        await using var rest = await Rest.StartAsync(Steps.Synced);
        await rest.Database.ExecuteAsync("UPDATE evidently_schema.settings SET value = 'strict' WHERE name = 'dual_write'; ALTER TABLE brand_sentiment RENAME TO hidden");

        (await rest.SaveAsync(await rest.ResultAsync(1, visibility: 0.66m))).AssertRefused(HttpStatusCode.BadRequest, "EV009", "could not be written to the star (SQLSTATE 42P01)");

        Assert.That(await rest.Database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions WHERE visibility_index = 0.66"), Is.Zero);
    }

    [Test]
    public async Task What_the_view_does_not_support_is_said()
    {
        await using var rest = await Rest.StartAsync(() => RetireDatabase.ArchivedAsync(Rest.Variant));
        var rows = await rest.RowsAsync(1);
        rows[0]["id"] = 1;

        (await rest.SendAsync("POST", "extracted_positions?on_conflict=id", rows[0], prefer: "resolution=merge-duplicates")).AssertRefused(HttpStatusCode.BadRequest, "42P10", "ON CONFLICT");
        (await rest.SendAsync("GET", "extracted_positions?select=id,brands(name)")).AssertRefused(HttpStatusCode.BadRequest, "PGRST200", "relationship");
        (await rest.SendAsync("GET", "collector_results?select=id,extracted_positions(id)")).AssertRefused(HttpStatusCode.BadRequest, "PGRST200", "relationship");
    }
}
