using System.Reflection;
using Evidently.Schema.Hosting;
using Evidently.Schema.Testing;
using FluentMigrator;
using NUnit.Framework;

namespace Evidently.Schema.Tests;

[TestFixture]
public sealed class AssemblyConventionTests
{
    // Their tagged twins derive from them; FluentMigrator finds public classes only.
    private static readonly Type[] MayBeDerivedFrom = [typeof(SingleRunner), typeof(SingleRunnerRelease), typeof(PhaseMigration)];

    private static readonly Assembly[] Packages = [typeof(Phase).Assembly, typeof(SchemaMigrator).Assembly, typeof(PostgresServer).Assembly];

    private static IEnumerable<Type> Migrations => typeof(Phase).Assembly.GetExportedTypes().Where(type => type.IsDefined(typeof(MigrationAttribute)));

    private static string[] Embedded => typeof(Phase).Assembly.GetManifestResourceNames();

    [Test]
    public void Public_types_are_sealed() =>
        Assert.That(Packages.SelectMany(package => package.GetExportedTypes()).Where(type => type.IsClass && !type.IsSealed).Except(MayBeDerivedFrom), Is.Empty);

    [Test]
    public void A_package_has_one_namespace_apart_from_the_migrations_folders() =>
        Assert.That(Packages.Skip(1).Select(package => package.GetExportedTypes().Select(type => type.Namespace).Distinct(StringComparer.Ordinal).Count()), Is.All.EqualTo(1));

    [TestCaseSource(nameof(Migrations))]
    public void A_migrations_version_phase_folder_class_and_files_say_the_same(Type type)
    {
        var migration = type.GetCustomAttribute<MigrationAttribute>()!;
        var phase = (Phase)(migration.Version / 100);

        Assert.Multiple(() =>
        {
            Assert.That(type.Namespace, Is.EqualTo($"Evidently.Schema.{phase}"));
            Assert.That(migration.Version % 100, Is.GreaterThan(0));
            Assert.That(type.Name, Does.Match($"^M{migration.Version}_[A-Z][A-Za-z]+$"));
            Assert.That(Embedded, Does.Contain($"{type.Name}.sql").And.Contain($"{type.Name}.down.sql"));
            foreach (var file in new[] { $"{type.Name}.cs", $"{type.Name}.sql", $"{type.Name}.down.sql" })
            {
                Assert.That(File.Exists(Path.Combine(Source.Root, "src", "Evidently.Schema", phase.ToString(), file)), Is.True, file);
            }
        });
    }

    [TestCaseSource(nameof(Migrations))]
    public void A_migration_has_a_description_and_no_transaction_of_FluentMigrators(Type type)
    {
        var migration = type.GetCustomAttribute<MigrationAttribute>()!;

        Assert.That(migration.TransactionBehavior, Is.EqualTo(TransactionBehavior.None));
        Assert.That(migration.Description, Is.Not.Empty.And.Not.EqualTo(type.Name));
        Assert.That(type.IsSubclassOf(typeof(PhaseMigration)), Is.True);
    }

    [TestCaseSource(nameof(Migrations))]
    public void Tags_are_for_phase_5_and_nothing_else(Type type) =>
        Assert.That(type.IsDefined(typeof(TagsAttribute)), Is.EqualTo(string.Equals(type.Namespace, "Evidently.Schema.Retire", StringComparison.Ordinal)));

    [Test]
    public void Every_embedded_file_belongs_to_a_migration_or_to_all()
    {
        var versions = Migrations.Select(type => type.Name.Split('_')[0]).ToHashSet(StringComparer.Ordinal);

        Assert.That(Embedded.Where(file => file.StartsWith('M') && file.Contains('_', StringComparison.Ordinal)).Select(file => file.Split('_')[0]).Distinct(StringComparer.Ordinal), Is.SubsetOf(versions));
        Assert.That(Embedded, Is.EquivalentTo(Source.Files("src/Evidently.Schema", ".sql").Select(Path.GetFileName)));
    }

    [Test]
    public void Maintenance_runs_without_a_transaction() => Assert.That(
        typeof(Phase).Assembly.GetExportedTypes().Select(type => type.GetCustomAttribute<MaintenanceAttribute>(inherit: false)).OfType<MaintenanceAttribute>().Select(maintenance => maintenance.TransactionBehavior),
        Is.All.EqualTo(TransactionBehavior.None));
}
