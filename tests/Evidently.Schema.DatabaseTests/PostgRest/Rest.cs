using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.PostgRest;

/// <summary>
/// A database behind a PostgREST, which logs in as Supabase's does: a role that has no rights but to become anon, authenticated or service_role.
/// Requests are those of supabase-js.
/// </summary>
internal sealed class Rest : IAsyncDisposable
{
    public const string ServiceRole = "service_role";

    public const string Login = "evidently_schema_authenticator";

    private static readonly string Password = $"{Guid.NewGuid():N}";
    private static readonly Lazy<Task> LoginRole = new(CreateLoginAsync);

    private readonly PostgRestServer _server;

    private Rest(StarDatabase database, PostgRestServer server) => (Database, _server) = (database, server);

    public static LegacyVariant Variant { get; } = new() { SupabaseRoles = true };

    public StarDatabase Database { get; }

    /// <summary>Starts one before the database, which it disposes of, too; or ignores the test where there is no postgrest.</summary>
    public static async Task<Rest> StartAsync(Func<Task<StarDatabase>> create, params (string Name, string Value)[] settings)
    {
        var binary = Binary();
        await LoginRole.Value;
        var database = await create();
        try
        {
            var login = new NpgsqlConnectionStringBuilder(database.AdminConnectionString) { Username = Login, Password = Password };
            var options = new PostgRestServerOptions { Settings = settings.ToDictionary(setting => setting.Name, setting => setting.Value, StringComparer.Ordinal) };
            return new(database, await PostgRestServer.StartAsync(binary, login.ConnectionString, options));
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    public static Task<Rest> StartAsync(long version, params (string Name, string Value)[] settings) =>
        StartAsync(() => StarDatabase.CreateAsync(version, Variant), settings);

    public static string Binary()
    {
        if (PostgRestServer.FindBinary() is { } binary)
        {
            return binary;
        }

        // On CI, too, where npm may not reach it: it counts as skipped there.
        Assert.Ignore($"No postgrest to test through: {PostgRestServer.BinaryVariable} is not set, and the PATH has none.");
        throw new InvalidOperationException("Not reached.");
    }

    /// <summary>One request.</summary>
    /// <param name="method">As DELETE.</param>
    /// <param name="path">After the address, with its query.</param>
    /// <param name="body">What is sent as JSON; null: nothing.</param>
    /// <param name="role">Null: without a token.</param>
    /// <param name="schema">supabase-js's <c>.schema(…)</c>; null: public.</param>
    /// <param name="prefer">As return=minimal.</param>
    /// <param name="customer">The token's claim customer_id.</param>
    /// <param name="single">supabase-js's <c>.single()</c>.</param>
    public async Task<Answer> SendAsync(
        string method, string path, JsonNode? body = null, string? role = ServiceRole, string? schema = null, string? prefer = null, Guid? customer = null, bool single = false)
    {
        var claims = customer is { } id ? new Dictionary<string, string>(StringComparer.Ordinal) { ["customer_id"] = $"{id}" } : null;
        using var client = _server.CreateClient(role, claims);
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }

        if (schema is not null)
        {
            request.Headers.Add(method is "GET" or "HEAD" ? "Accept-Profile" : "Content-Profile", schema);
        }

        if (prefer is not null)
        {
            request.Headers.Add("Prefer", prefer);
        }

        if (single)
        {
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/vnd.pgrst.object+json"));
        }

        using var answer = await client.SendAsync(request);
        return new(answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>supabase-js's <c>.rpc(…)</c>.</summary>
    public Task<Answer> CallAsync(string function, JsonObject arguments, string? role = ServiceRole, string? schema = null, Guid? customer = null) =>
        SendAsync("POST", $"rpc/{function}", arguments, role, schema, customer: customer);

    /// <summary>The writer of docs/dual-write.md.</summary>
    public Task<Answer> SaveAsync(JsonObject arguments, string? role = ServiceRole, Guid? customer = null) =>
        CallAsync("save_positions", arguments, role, "evidently_schema", customer);

    /// <summary>What the application inserts for a result today: the brand's row, then its competitors', with other values than the fill's.</summary>
    public async Task<List<JsonObject>> RowsAsync(long result, long like = 1, decimal visibility = 0.42m)
    {
        var rows = await Database.ScalarAsync<string>(
            $$"""
            SELECT json_agg(to_jsonb(ep) - '{id,processed_at,created_at,raw_answer}'::text[]
                || jsonb_build_object('collector_result_id', {{result}}, 'visibility_index', {{visibility.ToString(CultureInfo.InvariantCulture)}}) ORDER BY ep.competitor_name NULLS FIRST)::text
            FROM public.extracted_positions AS ep WHERE ep.collector_result_id = {{like}}
            """);
        return [.. JsonNode.Parse(rows!)!.AsArray().Select(row => row!.DeepClone().AsObject())];
    }

    /// <summary>The arguments of <c>save_positions</c>.</summary>
    public async Task<JsonObject> ResultAsync(long result, long like = 1, decimal visibility = 0.42m)
    {
        var rows = await RowsAsync(result, like, visibility);
        return new()
        {
            ["p_collector_result_id"] = result,
            ["p_brand"] = rows[0],
            ["p_competitors"] = new JsonArray([.. rows.Skip(1)]),
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await Database.DisposeAsync();
    }

    /// <summary>Roles belong to the server, which may be one that stays: made once, with a new password for each run.</summary>
    private static Task<int> CreateLoginAsync() => Sql.ExecuteAsync(
        TestServer.Server.ConnectionString,
        $"""
        DO $do$
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{Login}') THEN
                CREATE ROLE {Login} NOINHERIT LOGIN;
            END IF;
            GRANT anon, authenticated, service_role TO {Login};
            ALTER ROLE {Login} PASSWORD '{Password}';
        END
        $do$
        """);
}

/// <summary>What PostgREST answered.</summary>
internal sealed record Answer(HttpStatusCode Status, string Text)
{
    public JsonNode? Json => JsonNode.Parse(Text);

    /// <summary>SQLSTATE, or PostgREST's own code.</summary>
    public string? Code => Status < HttpStatusCode.BadRequest ? null : (string?)Json!["code"];

    /// <summary>The answer, which must not be a refusal.</summary>
    public Answer Done()
    {
        Assert.That((int)Status, Is.LessThan(300), Text);
        return this;
    }

    public void AssertRefused(HttpStatusCode status, string code, string message)
    {
        Assert.That((Status, Code), Is.EqualTo((status, code)), Text);
        Assert.That(JsonSerializer.Serialize(Json), Does.Contain(message));
    }
}
