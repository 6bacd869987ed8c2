using System.Collections.Concurrent;
using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>Databases migrated to a version, once, of which each test gets a copy. Dropped by <see cref="TestServer"/>.</summary>
internal static class StarTemplates
{
    private static readonly ConcurrentDictionary<(LegacyVariant Variant, LegacyFill? Fill, long Version), Lazy<Task<LegacyDatabase>>> Templates = new();

    public static async Task DropAsync()
    {
        foreach (var template in Templates.Values.Where(template => template.IsValueCreated && template.Value.IsCompletedSuccessfully))
        {
            await (await template.Value).DisposeAsync();
        }
    }

    public static async Task<LegacyDatabase> CloneAsync(LegacyVariant variant, LegacyFill? fill, long version)
    {
        var template = Templates.GetOrAdd((variant, fill, version), key => new(() => CreateAsync(key.Variant, key.Fill, key.Version)));
        return await (await template.Value).CloneAsync();
    }

    private static async Task<LegacyDatabase> CreateAsync(LegacyVariant variant, LegacyFill? fill, long version)
    {
        var database = await TestServer.CreateLegacyAsync(variant, fill);
        await Steps.UpAsync(database.ConnectionString, version);
        return database;
    }
}
