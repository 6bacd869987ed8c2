namespace Evidently.Schema.DatabaseTests.Packages;

/// <summary>Runs the packed migrations as dotnet-fm does: from the DLL alone, in a process with packages of its own.</summary>
internal static class DotnetFm
{
    private static readonly Lazy<Task<string>> Migrations = new(PackedPackages.ExtractMigrationsAsync);

    public static async Task<Outcome> RunAsync(string connectionString, params string[] arguments)
    {
        await using var process = await StartAsync(connectionString, arguments);
        process.Input.Close();
        return await process.EndAsync();
    }

    public static async Task<ChildProcess> StartAsync(string connectionString, params string[] arguments) => ChildProcess.Start(
        "dotnet",
        [Repository.Program("Evidently.Schema.DotnetFmHost"), await Migrations.Value, .. arguments],
        [("DOTNET_FM_CONNECTION", connectionString)]);
}
