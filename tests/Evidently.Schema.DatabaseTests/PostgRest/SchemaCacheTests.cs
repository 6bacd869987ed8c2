using System.Net;
using System.Text.Json.Nodes;
using Evidently.Schema.DatabaseTests.Backfill;

namespace Evidently.Schema.DatabaseTests.PostgRest;

/// <summary>A PostgREST that runs from before the migration until after it knows what there is to serve, without being told by the host.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class SchemaCacheTests
{
    [Test]
    [Category("Last")]
    [Explicit("Migrates through all phases and back, for seconds: CI runs it last.")]
    public async Task Each_phase_and_each_rollback_tells_a_running_PostgREST_what_there_is()
    {
        await using var rest = await Rest.StartAsync(0);
        var arguments = await rest.ResultAsync(1);
        Task<Answer> Save() => rest.SaveAsync(arguments);
        Task<Answer> Read() => rest.CallAsync("get_keyword_presence", new() { ["p_collector_result_ids"] = new JsonArray(1) });
        Task<Answer> Facts() => rest.SendAsync("GET", "competitor_metrics?select=metric_facts!inner(id)&limit=1");
        Task<Answer> Legacy() => rest.SendAsync("GET", "extracted_positions?select=id,collector_results(id)&limit=1");

        (await Save()).AssertRefused(HttpStatusCode.NotFound, "PGRST202", "Could not find the function");
        await rest.Database.MigrateAsync(Phase.Create);
        await AnswersAsync(Facts, HttpStatusCode.OK);
        await rest.Database.MigrateAsync(Phase.DualWrite);
        await AnswersAsync(Save, HttpStatusCode.OK);
        await AnswersAsync(Facts, HttpStatusCode.OK);
        (await Read()).AssertRefused(HttpStatusCode.NotFound, "PGRST202", "Could not find the function");
        await rest.Database.MigrateAsync(Phase.Reads);
        await AnswersAsync(Read, HttpStatusCode.OK);

        await rest.Database.ExecuteAsync("UPDATE evidently_schema.rejected_rows SET acknowledged = true; SELECT evidently_schema.verify(); UPDATE evidently_schema.read_routes SET star_percent = 100");
        await AnswersAsync(Legacy, HttpStatusCode.OK);
        await rest.Database.MigrateAsync(Phase.Retire);
        await AnswersAsync(Legacy, HttpStatusCode.BadRequest);
        await rest.Database.RollbackAsync(Phase.Reads);
        await AnswersAsync(Legacy, HttpStatusCode.OK);

        await rest.Database.ExecuteAsync("UPDATE evidently_schema.read_routes SET star_percent = 0");
        await rest.Database.RollbackAsync(Phase.DualWrite);
        await Eventually.Holds(async () => (await Read()).Code is "PGRST202", "the pages' functions are forgotten");
        await rest.Database.RollbackAsync(Phase.Backfill);
        await Eventually.Holds(async () => (await Save()).Code is "PGRST202", "the writer is forgotten");
        await Steps.DownAsync(rest.Database.ConnectionString, 0);
        await AnswersAsync(Facts, HttpStatusCode.BadRequest);
    }

    [Test]
    public async Task A_schema_that_is_exposed_while_it_runs_is_served_after_a_NOTIFY()
    {
        await using var rest = await Rest.StartAsync(Steps.Synced, ("db-schemas", "public"));
        var arguments = await rest.ResultAsync(1);
        (await rest.SaveAsync(arguments)).AssertRefused(HttpStatusCode.NotAcceptable, "PGRST106", "The schema must be one of the following: public");

        await Sql.ExecuteAsync(
            rest.Database.AdminConnectionString,
            $"DO $$ BEGIN EXECUTE format('ALTER ROLE {Rest.Login} IN DATABASE %I SET pgrst.db_schemas = %L', current_database(), 'public, evidently_schema'); END $$; NOTIFY pgrst");

        await AnswersAsync(() => rest.SaveAsync(arguments), HttpStatusCode.OK);
    }

    private static Task AnswersAsync(Func<Task<Answer>> ask, HttpStatusCode status) => Eventually.Holds(async () => (await ask()).Status == status, $"{status}");
}
