using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;

namespace Evidently.Schema.Testing.Legacy;

/// <summary>Runs the scripts; what they need to know they read from settings of the session.</summary>
internal static class LegacyScripts
{
    private const int ResultsPerTransaction = 20_000;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public static async Task CreateRolesAsync(string admin, string ownerPassword, LegacyVariant variant, CancellationToken ct)
    {
        var server = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(admin) { Pooling = false });
        await using (server.ConfigureAwait(false))
        {
            var session = await server.OpenConnectionAsync(ct).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                await SetAsync(session, "legacy.owner_password", ownerPassword, ct).ConfigureAwait(false);
                await SetAsync(session, "legacy.supabase_roles", variant.SupabaseRoles ? "true" : "false", ct).ConfigureAwait(false);
                await RunAsync(session, "LegacyRoles.sql", ct).ConfigureAwait(false);
            }
        }
    }

    public static async Task CreateSchemaAsync(NpgsqlDataSource dataSource, LegacyVariant variant, CancellationToken ct)
    {
        var session = await dataSource.OpenConnectionAsync(ct).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            await SetAsync(session, "legacy.variant", JsonSerializer.Serialize(variant, Json), ct).ConfigureAwait(false);
            await RunAsync(session, "LegacySchema.sql", ct).ConfigureAwait(false);
        }
    }

    public static async Task FillAsync(NpgsqlDataSource dataSource, LegacyFill fill, CancellationToken ct)
    {
        var session = await dataSource.OpenConnectionAsync(ct).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            await SetRangeAsync(session, fill, fill.FirstResultId, ct).ConfigureAwait(false);
            await RunAsync(session, "LegacyChance.sql", ct).ConfigureAwait(false);
            await RunAsync(session, "LegacyParents.sql", ct).ConfigureAwait(false);
            await RunAsync(session, "LegacyCompetitors.sql", ct).ConfigureAwait(false);
            await RunAsync(session, "LegacyRows.sql", ct).ConfigureAwait(false);
            for (var first = fill.FirstResultId; first < fill.FirstResultId + fill.Results; first += ResultsPerTransaction)
            {
                await SetRangeAsync(session, fill, first, ct).ConfigureAwait(false);
                await RunAsync(session, "LegacyAnswers.sql", ct).ConfigureAwait(false);
                await RunAsync(session, "LegacyFill.sql", ct).ConfigureAwait(false);
            }

            await RunAsync(session, "LegacyVacuum.sql", ct).ConfigureAwait(false);
        }
    }

    private static Task SetRangeAsync(NpgsqlConnection session, LegacyFill fill, long first, CancellationToken ct)
    {
        var document = JsonSerializer.SerializeToNode(fill, Json)!;
        document["range_first"] = first;
        document["range_last"] = Math.Min(first + ResultsPerTransaction, fill.FirstResultId + fill.Results) - 1;
        return SetAsync(session, "legacy.fill", document.ToJsonString(), ct);
    }

    private static async Task SetAsync(NpgsqlConnection session, string name, string value, CancellationToken ct)
    {
        var command = new NpgsqlCommand(Resources.Read("LegacySetting.sql"), session) { Parameters = { new() { Value = name }, new() { Value = value } } };
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(ct).ConfigureAwait(false);
        }
    }

    private static async Task RunAsync(NpgsqlConnection session, string file, CancellationToken ct)
    {
        var command = new NpgsqlCommand(Resources.Read(file), session);
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(ct).ConfigureAwait(false);
        }
    }
}
