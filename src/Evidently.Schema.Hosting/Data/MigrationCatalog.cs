using System.Reflection;
using FluentMigrator;

namespace Evidently.Schema.Hosting.Data;

/// <summary>The migrations of the package: what <see cref="Phase"/> each belongs to and which tags it needs.</summary>
internal static class MigrationCatalog
{
    private const int VersionsPerPhase = 100;

    public static readonly IReadOnlyList<KnownMigration> All =
    [
        .. from type in typeof(Phase).Assembly.GetExportedTypes()
           let migration = type.GetCustomAttribute<MigrationAttribute>()
           where migration is not null
           orderby migration.Version
           select new KnownMigration(migration.Version, [.. type.GetCustomAttributes<TagsAttribute>().SelectMany(tags => tags.TagNames)]),
    ];

    /// <summary>The last phase that a plain migrate reaches.</summary>
    public static readonly Phase LastUntagged = All.Where(migration => migration.Tags.Count == 0).Max(migration => PhaseOf(migration.Version));

    /// <summary>The highest version a phase can have.</summary>
    public static long LastVersion(Phase phase) => phase == Phase.None ? 0 : ((long)phase * VersionsPerPhase) + VersionsPerPhase - 1;

    public static Phase PhaseOf(long version) => (Phase)(version / VersionsPerPhase);

    /// <summary>The last phase whose untagged migrations, and those of all phases before, are applied; Retire is reached by its first tag.</summary>
    public static Phase Reached(IReadOnlyCollection<long> applied)
    {
        var reached = Phase.None;
        foreach (var phase in All.GroupBy(migration => PhaseOf(migration.Version)).OrderBy(phase => phase.Key))
        {
            var complete = phase.Key == Phase.Retire
                ? phase.Any(migration => applied.Contains(migration.Version))
                : phase.All(migration => migration.Tags.Count > 0 || applied.Contains(migration.Version));
            if (!complete)
            {
                break;
            }

            reached = phase.Key;
        }

        return reached;
    }
}

/// <summary>A migration of the package.</summary>
internal sealed record KnownMigration(long Version, IReadOnlyList<string> Tags);
