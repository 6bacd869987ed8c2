using System.Collections.Concurrent;
using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Testing;

[assembly: LevelOfParallelism(2)]

namespace Evidently.Schema.DatabaseTests;

/// <summary>
/// One server for all tests, and a database of its own for each, copied from a template that is filled once. Where EVIDENTLY_SCHEMA_TEST_MAJOR is set,
/// a server of another version is a failure. What depends on the server's version is of the category Versions: CI runs it on the newest, too.
/// </summary>
[SetUpFixture]
public sealed class TestServer
{
    private static readonly ConcurrentDictionary<(LegacyVariant Variant, LegacyFill? Fill), Lazy<Task<LegacyDatabase>>> Templates = new();
    private static PostgresServer? _server;

    public static PostgresServer Server => _server ?? throw new InvalidOperationException("The server is not started.");

    /// <summary>A legacy database of the test's own; dispose it. Null: the default variant, no rows.</summary>
    public static async Task<LegacyDatabase> CreateLegacyAsync(LegacyVariant? variant = null, LegacyFill? fill = null)
    {
        var template = Templates.GetOrAdd((variant ?? new LegacyVariant(), fill), key => new(() => CreateTemplateAsync(key.Variant, key.Fill)));
        return await (await template.Value).CloneAsync();
    }

    /// <summary>Skips at home, fails where the tests are meant to run.</summary>
    public static void Without(string what, Exception? problem = null)
    {
        if (string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
        {
            Assert.Fail($"{what} {problem?.Message}");
        }

        Assert.Ignore($"{what} {problem?.Message}");
    }

    [OneTimeSetUp]
    public async Task Start()
    {
        try
        {
            _server = await PostgresServer.StartAsync();
            var major = Environment.GetEnvironmentVariable("EVIDENTLY_SCHEMA_TEST_MAJOR") ?? $"{_server.Version.Major}";
            Assert.That($"{_server.Version.Major}", Is.EqualTo(major), "the server's version");

            // Roles belong to the server: made in the middle of another test, they would change what its steps grant.
            await (await LegacyDatabase.CreateAsync(_server, new LegacyVariant { SupabaseRoles = true })).DisposeAsync();
        }
        catch (InvalidOperationException problem)
        {
            Without("No server to test against.", problem);
        }
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await StarTemplates.DropAsync();
        foreach (var template in Templates.Values.Where(template => template.IsValueCreated && template.Value.IsCompletedSuccessfully))
        {
            await (await template.Value).DisposeAsync();
        }

        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    private static async Task<LegacyDatabase> CreateTemplateAsync(LegacyVariant variant, LegacyFill? fill)
    {
        var template = await LegacyDatabase.CreateAsync(Server, variant);
        if (fill is not null)
        {
            await template.FillAsync(fill);
        }

        return template;
    }
}
