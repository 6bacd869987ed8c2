using System.Net;
using System.Text.Json.Nodes;
using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Retire;

namespace Evidently.Schema.DatabaseTests.PostgRest;

/// <summary>The application's writers through a real PostgREST, in every phase: its own statements, and save_positions.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class WriterTests
{
    private const string Grants =
        "GRANT USAGE ON SCHEMA evidently_schema TO authenticated; GRANT EXECUTE ON FUNCTION evidently_schema.save_positions, evidently_schema.position_rows TO authenticated";

    /// <summary>What is dual-written: before phase 3, in sync, after archive, after archive with the star alone being written by save_positions.</summary>
    public enum Ground
    {
        /// <summary>Nothing is migrated.</summary>
        Legacy,

        /// <summary>Phase 3.</summary>
        Synced,

        /// <summary>Phase 5, write_target both.</summary>
        Archived,

        /// <summary>Phase 5, write_target star.</summary>
        StarOnly,
    }

    [Test]
    public async Task The_applications_own_statements_do_what_they_did_and_the_star_follows([Values] Ground ground)
    {
        await using var rest = await StartAsync(ground);
        foreach (var (result, returned) in new[] { (1, false), (2, true) })
        {
            if (ground is Ground.StarOnly)
            {
                (await rest.SaveAsync(await rest.ResultAsync(result))).Done();
                Assert.That(await rest.Database.IsStarOnlyAsync(result));
            }

            await ScoreAsync(rest, result, returned);
        }

        if (ground is Ground.Legacy)
        {
            return;
        }

        Assert.That(await rest.Database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.change_notes"), Is.Zero, "projected in the request's own transaction");
        await rest.Database.ExecuteAsync("SELECT public.refresh_mv_brand_daily_metrics()");
        await rest.Database.AssertStarAsync();
        await rest.Database.AssertVerifiedAsync();
    }

    [Test]
    public async Task Save_positions_writes_what_it_is_told_to_where_it_is_told_to([Values(Ground.Synced, Ground.Archived, Ground.StarOnly)] Ground ground)
    {
        await using var rest = await StartAsync(ground);
        var fact = await rest.Database.ScalarAsync<long>("SELECT id FROM metric_facts WHERE collector_result_id = 1");
        var arguments = await rest.ResultAsync(1);

        Assert.That((await rest.SaveAsync(arguments)).Done().Text, Is.EqualTo("3"), "rows written");

        Assert.That(await rest.Database.ScalarAsync<long>("SELECT id FROM metric_facts WHERE collector_result_id = 1"), Is.EqualTo(fact));
        Assert.That(
            await rest.Database.ScalarAsync<decimal>("SELECT m.visibility_index FROM brand_metrics AS m JOIN metric_facts AS f ON f.id = m.metric_fact_id WHERE f.collector_result_id = 1"),
            Is.EqualTo(0.42m));
        Assert.That(await rest.Database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.change_notes"), Is.Zero, "notes");
        if (ground is not Ground.Synced)
        {
            Assert.That(await rest.Database.IsStarOnlyAsync(1), Is.EqualTo(ground is Ground.StarOnly));
        }

        var shown = (await rest.SendAsync("GET", "extracted_positions?collector_result_id=eq.1&order=id")).Done().Json!.AsArray();
        Assert.That(shown, Has.Count.EqualTo(3));
        Assert.That((decimal)shown[0]!["visibility_index"]!, Is.EqualTo(0.42m));

        arguments.Remove("p_competitors");
        Assert.That((await rest.SaveAsync(arguments)).Done().Text, Is.EqualTo("1"), "no competitors are none");
        await rest.Database.AssertVerifiedAsync();
    }

    [Test]
    public async Task Who_was_not_granted_it_may_not_save()
    {
        await using var rest = await StartAsync(Ground.Synced);
        var arguments = await rest.ResultAsync(1);

        (await rest.SaveAsync(arguments, role: null)).AssertRefused(HttpStatusCode.Unauthorized, "42501", "permission denied for schema evidently_schema");
        (await rest.SaveAsync(arguments, "authenticated")).AssertRefused(HttpStatusCode.Forbidden, "42501", "permission denied for schema evidently_schema");

        await rest.Database.ExecuteAsync(Grants);
        Assert.That((await rest.SaveAsync(arguments, "authenticated")).Done().Text, Is.EqualTo("3"));
        await rest.Database.AssertVerifiedAsync();
    }

    [Test]
    public async Task A_request_drains_what_was_noted_on_its_way()
    {
        await using var rest = await StartAsync(Ground.Synced);
        await rest.Database.ExecuteAsync("UPDATE evidently_schema.settings SET value = 'capture' WHERE name = 'dual_write'");
        (await rest.SaveAsync(await rest.ResultAsync(1))).Done();
        Assert.That(await rest.Database.ListAsync("SELECT collector_result_id FROM evidently_schema.pending_results"), Is.EqualTo(new[] { "1" }));

        await rest.Database.ExecuteAsync("UPDATE evidently_schema.settings SET value = 'sync' WHERE name = 'dual_write'");
        (await rest.SaveAsync(await rest.ResultAsync(2))).Done();

        Assert.That(await rest.Database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.change_notes"), Is.Zero);
        await rest.Database.ExecuteAsync("SELECT public.refresh_mv_brand_daily_metrics()");
        await rest.Database.AssertStarAsync();
    }

    [Test]
    public async Task After_cleanup_save_positions_and_the_pages_go_on_and_the_view_refuses_to_be_written()
    {
        await using var rest = await Rest.StartAsync(async () =>
        {
            var database = await RetireDatabase.ArchivedAsync(Rest.Variant, toStar: true);
            await database.OldAndQuietAsync();
            await database.DropAsync();
            return database;
        });

        Assert.That((await rest.SaveAsync(await rest.ResultAsync(1))).Done().Text, Is.EqualTo("3"));
        var shown = (await rest.SendAsync("GET", "extracted_positions?select=visibility_index&collector_result_id=eq.1&competitor_name=is.null")).Done();
        Assert.That((decimal)shown.Json![0]!["visibility_index"]!, Is.EqualTo(0.42m));
        var refused = await rest.SendAsync("DELETE", "extracted_positions?collector_result_id=eq.1");
        refused.AssertRefused(HttpStatusCode.BadRequest, "EV007", "save_positions");
        foreach (var call in await DocumentedCall.AllAsync(rest.Database))
        {
            Assert.That((await rest.CallAsync(call.Function, call.Arguments)).Done().Json!.AsArray(), Is.Not.Empty, $"the pages go on: {call}");
        }
    }

    /// <summary>DELETE, INSERT, and label and score, with Prefer: return=minimal or return=representation.</summary>
    private static async Task ScoreAsync(Rest rest, long result, bool returned)
    {
        var prefer = returned ? "return=representation" : "return=minimal";
        var rows = await rest.RowsAsync(result, like: result, visibility: 0.37m);
        var columns = Uri.EscapeDataString(string.Join(',', rows.SelectMany(row => row.Select(pair => $"\"{pair.Key}\"")).Distinct(StringComparer.Ordinal)));
        var label = new JsonObject { ["sentiment_label"] = "NEGATIVE", ["sentiment_score"] = 12 };
        var labels = new JsonObject { ["sentiment_label_competitor"] = "POSITIVE", ["sentiment_score_competitor"] = 88 };

        var gone = (await rest.SendAsync("DELETE", $"extracted_positions?collector_result_id=eq.{result}", prefer: prefer)).Done();
        var made = (await rest.SendAsync("POST", $"extracted_positions?columns={columns}", new JsonArray([.. rows]), prefer: prefer)).Done();
        var read = (await rest.SendAsync("GET", $"extracted_positions?select=id,competitor_name,visibility_index&collector_result_id=eq.{result}&order=id")).Done().Json!.AsArray();
        var brand = (await rest.SendAsync("PATCH", $"extracted_positions?id=eq.{read[0]!["id"]}", label, prefer: prefer)).Done();
        var competitors = (await rest.SendAsync("PATCH", $"extracted_positions?collector_result_id=eq.{result}&competitor_name=not.is.null", labels, prefer: prefer)).Done();

        Assert.That((gone.Status, made.Status), Is.EqualTo((returned ? HttpStatusCode.OK : HttpStatusCode.NoContent, HttpStatusCode.Created)));
        Assert.That(read.Select(row => (decimal)row!["visibility_index"]!), Is.EqualTo(new[] { 0.37m, 0.37m, 0.37m }));
        Assert.That(read[0]!["competitor_name"], Is.Null, "the brand row is the first");
        if (returned)
        {
            Assert.That(gone.Json!.AsArray(), Has.Count.EqualTo(3));
            Assert.That(made.Json!.AsArray().Select(row => (long)row!["id"]!), Is.EqualTo(read.Select(row => (long)row!["id"]!)), "as they are read afterwards");
            Assert.That((int)brand.Json![0]!["sentiment_score"]!, Is.EqualTo(12));
            Assert.That(competitors.Json!.AsArray().Select(row => (int)row!["sentiment_score_competitor"]!), Is.EqualTo(new[] { 88, 88 }));
        }
    }

    private static Task<Rest> StartAsync(Ground ground) => ground switch
    {
        Ground.Legacy => Rest.StartAsync(0),
        Ground.Synced => Rest.StartAsync(Steps.Synced),
        _ => Rest.StartAsync(() => RetireDatabase.ArchivedAsync(Rest.Variant, toStar: ground is Ground.StarOnly)),
    };
}
