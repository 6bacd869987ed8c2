using System.Text;
using System.Text.Json;
using Evidently.Schema.Testing;

namespace Evidently.Schema.Benchmarks.Reads;

/// <summary>
/// Over PostgREST, as the application of the plan does with supabase-js: HTTP over connections that are kept, JSON, the token of a role that row security does
/// not apply to. <c>select</c> is a GET, <c>rpc</c> a POST.
/// </summary>
internal sealed class PostgRestClient : Client, IAsyncDisposable
{
    private readonly PostgRestServer _server;
    private readonly HttpClient _client;

    // Used again by the next answer: some are megabytes, which are not to be cleared and collected each time.
    private readonly MemoryStream _body = new();

    private PostgRestClient(PostgRestServer server, HttpClient client, string name) => (_server, _client, Name) = (server, client, name);

    public override string Name { get; }

    /// <param name="program">As <see cref="PostgRestServer.FindBinary"/> finds it.</param>
    /// <param name="connectionString">Npgsql's, of the role that requests come as.</param>
    /// <param name="role">That role.</param>
    /// <param name="ct">Stops the waiting.</param>
    public static async Task<PostgRestClient> StartAsync(string program, string connectionString, string role, CancellationToken ct)
    {
        var server = await PostgRestServer.StartAsync(program, connectionString, new() { Schemas = ["public"], AnonymousRole = role }, ct);
        var client = server.CreateClient(role);
        using var answer = await client.GetAsync(new Uri(server.Address, "read_nothing"), ct);
        return new PostgRestClient(server, client, $"PostgREST {answer.Headers.Server.FirstOrDefault()?.Product?.Version}");
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _body.DisposeAsync();
        await _server.DisposeAsync();
    }

    protected override Task<Rows> SelectAsync(Condition[] conditions, string? order, CancellationToken ct) => ReadAsync(
        new(HttpMethod.Get, $"extracted_positions?select=*&{string.Join('&', conditions.Select(condition => condition.Query()))}{(order is null ? string.Empty : $"&order={order}.asc")}"), ct);

    protected override Task<Rows> CallAsync(string function, (string Name, object Value)[] arguments, CancellationToken ct)
    {
        var body = JsonSerializer.Serialize(arguments.ToDictionary(argument => argument.Name, argument => argument.Value, StringComparer.Ordinal));
        return ReadAsync(new(HttpMethod.Post, $"rpc/{function}") { Content = new StringContent(body, Encoding.UTF8, "application/json") }, ct);
    }

    private async Task<Rows> ReadAsync(HttpRequestMessage request, CancellationToken ct)
    {
        using (request)
        {
            using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            _body.SetLength(0);
            await answer.Content.CopyToAsync(_body, ct);
            var body = _body.GetBuffer().AsSpan(0, (int)_body.Length);
            return answer.IsSuccessStatusCode
                ? JsonRows.Read(body)
                : throw new InvalidOperationException($"{request.Method} {request.RequestUri}: {(int)answer.StatusCode} {Encoding.UTF8.GetString(body)}");
        }
    }
}
