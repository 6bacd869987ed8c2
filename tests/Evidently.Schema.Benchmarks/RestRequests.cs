using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.Benchmarks;

/// <summary>What supabase-js sends to a PostgREST on the server's own machine: a request a statement, JSON both ways, over connections that are kept.</summary>
internal sealed class RestRequests : IAsyncDisposable
{
    private readonly PostgRestServer _server;
    private readonly HttpClient _client;

    private RestRequests(PostgRestServer server, string role) => (_server, _client) = (server, server.CreateClient(role));

    /// <summary>Starts a PostgREST that works as the owner of the tables, as the others that are measured do.</summary>
    public static async Task<RestRequests> StartAsync(string program, string connectionString, CancellationToken ct)
    {
        var owner = new NpgsqlConnectionStringBuilder(connectionString).Username!;
        return new(await PostgRestServer.StartAsync(program, connectionString, new() { AnonymousRole = owner }, ct), owner);
    }

    /// <summary>One request; what is no success is an exception.</summary>
    public async Task<JsonNode> SendAsync(
        HttpMethod method, string path, CancellationToken ct, JsonNode? body = null, string? schema = null, bool representation = false, bool single = false)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }

        if (schema is not null)
        {
            request.Headers.Add("Content-Profile", schema);
        }

        if (representation)
        {
            request.Headers.Add("Prefer", "return=representation");
        }

        if (single)
        {
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/vnd.pgrst.object+json"));
        }

        using var answer = await _client.SendAsync(request, ct);
        var text = await answer.Content.ReadAsStringAsync(ct);
        return answer.IsSuccessStatusCode ? JsonNode.Parse(text.Length == 0 ? "{}" : text)! : throw new InvalidOperationException($"{method} {path}: {(int)answer.StatusCode} {text}");
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }
}
