using System.Net;
using System.Net.Http.Json;
using Evidently.Schema.DatabaseTests.PostgRest;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Testing;

[Parallelizable(ParallelScope.Self)]
public sealed class PostgRestServerTests
{
    [Test]
    public async Task It_answers_as_the_role_of_the_token_and_is_gone_after_disposal()
    {
        var binary = Rest.Binary();
        await using var database = await LegacyDatabase.CreateAsync(TestServer.Server, new LegacyVariant { SupabaseRoles = true });
        await Sql.ExecuteAsync(
            database.AdminConnectionString,
            """
            CREATE FUNCTION public.who() RETURNS text LANGUAGE sql STABLE
            RETURN concat(current_user, ' ', current_setting('request.jwt.claims', true)::json ->> 'customer_id')
            """);
        var server = await PostgRestServer.StartAsync(binary, database.AdminConnectionString, new() { Schemas = ["public"] });
        try
        {
            Assert.That(await WhoAsync(server.CreateClient(null)), Is.EqualTo("anon "));
            Assert.That(await WhoAsync(server.CreateClient("service_role")), Is.EqualTo("service_role "));
            var tenant = new Dictionary<string, string>(StringComparer.Ordinal) { ["customer_id"] = "it's \"one\"" };
            Assert.That(await WhoAsync(server.CreateClient("authenticated", tenant)), Is.EqualTo("authenticated it's \"one\""));
        }
        finally
        {
            await server.DisposeAsync();
        }

        using var after = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => after.GetAsync(server.Address));
        await Eventually.Holds(
            async () => await Sql.ScalarAsync<long>(TestServer.Server.ConnectionString, $"SELECT count(*) FROM pg_stat_activity WHERE datname = '{Name(database)}'") == 0,
            "its sessions are gone");
    }

    [Test]
    public async Task What_it_says_is_the_reason_why_it_does_not_start()
    {
        var binary = Rest.Binary();
        var problem = await Assert.ThrowsAsync<InvalidOperationException>(() => PostgRestServer.StartAsync(
            binary,
            TestServer.Server.ConnectionString,
            new() { Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["log-level"] = "loud" } }));
        Assert.That(problem!.Message, Does.Contain("Invalid logging level"));
    }

    private static string Name(LegacyDatabase database) => new NpgsqlConnectionStringBuilder(database.AdminConnectionString).Database!;

    private static async Task<string?> WhoAsync(HttpClient client)
    {
        using var answer = await client.PostAsJsonAsync("rpc/who", new { });
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<string>();
    }
}
