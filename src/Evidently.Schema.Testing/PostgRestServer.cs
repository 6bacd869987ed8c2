using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using Evidently.Schema.Testing.Rest;

namespace Evidently.Schema.Testing;

/// <summary>
/// A PostgREST in front of one database, the way of supabase-js to it: started in a second on a free port of 127.0.0.1, and gone when it is
/// disposed or when this process dies (not on Windows: there it stays when this process is killed). It needs the program <c>postgrest</c>, which is
/// not part of this package.
/// </summary>
/// <remarks><see href="https://postgrest.org/en/v12/references/configuration.html" /></remarks>
public sealed class PostgRestServer : IAsyncDisposable
{
    /// <summary>The environment variable that names the program.</summary>
    public const string BinaryVariable = "EVIDENTLY_SCHEMA_POSTGREST";

    private const int PortsTried = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly RestProcess _process;
    private readonly byte[] _secret;

    // PostgREST is on this machine: whatever proxy the environment names has no part in it. Connections are kept open.
    private readonly SocketsHttpHandler _handler = new() { UseProxy = false, UseCookies = false };

    private PostgRestServer(RestProcess process, int port, byte[] secret)
    {
        _process = process;
        _secret = secret;
        Address = new($"http://127.0.0.1:{port}/");
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>The program: the environment variable <c>EVIDENTLY_SCHEMA_POSTGREST</c>, else the first <c>postgrest</c> on the PATH.</summary>
    /// <returns>Its path; null where there is none.</returns>
    /// <exception cref="InvalidOperationException">The variable names no file.</exception>
    public static string? FindBinary()
    {
        if (Environment.GetEnvironmentVariable(BinaryVariable) is { Length: > 0 } named)
        {
            return File.Exists(named) ? Path.GetFullPath(named) : throw new InvalidOperationException($"{BinaryVariable} names {named}, which is no file.");
        }

        var program = OperatingSystem.IsWindows() ? "postgrest.exe" : "postgrest";
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, program))
            .FirstOrDefault(File.Exists);
    }

    /// <summary>Starts one and waits until it has read the database's schemas.</summary>
    /// <param name="binary">The program, as <see cref="FindBinary"/> finds it.</param>
    /// <param name="connectionString">Npgsql's, of a role that may SET ROLE to every role a request comes as.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <param name="ct">Stops the waiting; what was started is stopped.</param>
    /// <exception cref="InvalidOperationException">It ends, or is not ready within 30 seconds: the message says what it said.</exception>
    public static async Task<PostgRestServer> StartAsync(
        string binary, string connectionString, PostgRestServerOptions? options = null, CancellationToken ct = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(binary);
        ArgumentException.ThrowIfNullOrEmpty(connectionString);
        options ??= new();
        var secret = RandomNumberGenerator.GetBytes(32);
        for (var attempt = 1; ; attempt++)
        {
            var (port, admin) = FreePorts();
            var server = new PostgRestServer(RestProcess.Start(binary, RestSettings.Of(connectionString, options, port, admin, secret)), port, secret);
            try
            {
                if (await server.IsReadyAsync(admin, ct).ConfigureAwait(false))
                {
                    return server;
                }
            }
            catch
            {
                await server.DisposeAsync().ConfigureAwait(false);
                throw;
            }

            await server.DisposeAsync().ConfigureAwait(false);
            var said = server._process.Said;

            // Someone else took a port in between.
            if (attempt == PortsTried || !said.Contains("in use", StringComparison.OrdinalIgnoreCase))
            {
                throw new InvalidOperationException($"PostgREST is not ready. It said: {said}");
            }
        }
    }

    /// <summary>A token that PostgREST takes, as supabase-js sends it after <c>Authorization: Bearer</c>. It does not expire.</summary>
    /// <param name="role">The role of the request.</param>
    /// <param name="claims">More claims, which a policy reads from <c>request.jwt.claims</c>; null: none.</param>
    public string TokenFor(string role, IReadOnlyDictionary<string, string>? claims = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(role);
        return JsonWebToken.Sign(_secret, role, claims);
    }

    /// <summary>A client whose requests come as a role, over connections that are kept and shared. It lives as long as this server.</summary>
    /// <param name="role">Null: the anonymous role, without a token.</param>
    /// <param name="claims">More claims of the token; null: none.</param>
    /// <returns>With <see cref="Address"/> as its base address; disposing it is not needed.</returns>
    public HttpClient CreateClient(string? role, IReadOnlyDictionary<string, string>? claims = null)
    {
        var client = new HttpClient(_handler, disposeHandler: false) { BaseAddress = Address };
        if (role is not null)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", TokenFor(role, claims));
        }

        return client;
    }

    /// <summary>Stops it. Its sessions in the database end with it.</summary>
    public async ValueTask DisposeAsync()
    {
        _handler.Dispose();
        await _process.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Two at once, so that they differ.</summary>
    private static (int Port, int Admin) FreePorts()
    {
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }

    private async Task<bool> IsReadyAsync(int admin, CancellationToken ct)
    {
        var ready = new Uri($"http://127.0.0.1:{admin}/ready");
        using var client = CreateClient(role: null);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(Patience);
        try
        {
            while (!_process.HasEnded)
            {
                try
                {
                    using var answer = await client.GetAsync(ready, deadline.Token).ConfigureAwait(false);
                    if (answer.IsSuccessStatusCode)
                    {
                        return true;
                    }
                }
                catch (HttpRequestException)
                {
                    // It has not opened its port yet.
                }

                await Task.Delay(Pause, TimeProvider.System, deadline.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // Not within the deadline.
        }

        return false;
    }
}
