using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests;

/// <summary>A server for one test, which may stop it or needs settings of its own.</summary>
internal static class OwnServer
{
    public static async Task<PostgresServer> StartAsync(IReadOnlyDictionary<string, string>? settings = null)
    {
        try
        {
            return await PostgresServer.StartAsync(new PostgresServerOptions
            {
                Sources = [PostgresServerSource.Installed, PostgresServerSource.Embedded],
                BinariesDirectory = TestServer.Server.BinariesDirectory,
                Settings = settings ?? new Dictionary<string, string>(StringComparer.Ordinal),
            });
        }
        catch (InvalidOperationException problem)
        {
            TestServer.Without("No server of the test's own.", problem);
            throw;
        }
    }
}
