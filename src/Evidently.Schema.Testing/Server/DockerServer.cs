using Testcontainers.PostgreSql;

namespace Evidently.Schema.Testing.Server;

/// <summary>A server in a container: the engine removes it when it stops, the reaper of Testcontainers when this process dies.</summary>
internal static class DockerServer
{
    private const string Password = "postgres";

    public static async Task<PostgreSqlContainer> StartAsync(PostgresServerOptions options, CancellationToken ct)
    {
        // Build fails at once when no engine answers. Without clean-up the reaper is not told of the container.
        var container = new PostgreSqlBuilder(options.DockerImage)
            .WithCleanUp(!options.Keepable)
            .WithAutoRemove(true)
            .WithDatabase("postgres")
            .WithUsername("postgres")
            .WithPassword(Password)
            .WithCommand([.. options.EffectiveSettings().SelectMany(setting => new[] { "-c", $"{setting.Key}={setting.Value}" })])
            .Build();
        try
        {
            await container.StartAsync(ct).ConfigureAwait(false);
            return container;
        }
        catch
        {
            await container.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
