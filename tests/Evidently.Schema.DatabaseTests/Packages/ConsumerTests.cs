using Evidently.Schema.DatabaseTests.Hosting;

namespace Evidently.Schema.DatabaseTests.Packages;

[TestFixture]
public sealed class ConsumerTests
{
    [Test]
    public async Task A_users_project_restores_builds_and_migrates_with_the_packed_packages()
    {
        await using var database = await HostDatabase.LegacyAsync(results: 100);
        var folder = Directory.CreateTempSubdirectory("evidently-consumer-");
        try
        {
            var version = await PackedPackages.VersionAsync("Evidently.Schema.Hosting");
            await File.WriteAllTextAsync(
                Path.Combine(folder.FullName, "nuget.config"),
                $"""<configuration><packageSources><add key="packed" value="{await PackedPackages.FolderAsync()}" /></packageSources></configuration>""");
            await File.WriteAllTextAsync(
                Path.Combine(folder.FullName, "Consumer.csproj"),
                $"""
                <Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup>
                    <OutputType>Exe</OutputType>
                    <TargetFramework>net10.0</TargetFramework>
                    <ImplicitUsings>enable</ImplicitUsings>
                  </PropertyGroup>
                  <ItemGroup>
                    <PackageReference Include="Evidently.Schema.Hosting" Version="[{version}]" />
                  </ItemGroup>
                </Project>
                """);
            await File.WriteAllTextAsync(
                Path.Combine(folder.FullName, "Program.cs"),
                """
                using Evidently.Schema;
                using Evidently.Schema.Hosting;
                using Microsoft.Extensions.DependencyInjection;

                await using var provider = new ServiceCollection()
                    .AddEvidentlySchema(o => o.ConnectionString = Environment.GetEnvironmentVariable("CONSUMER_CONNECTION"))
                    .BuildServiceProvider();
                var migrator = provider.GetRequiredService<SchemaMigrator>();
                await migrator.MigrateAsync(Phase.Backfill);
                Console.WriteLine($"verified {(await migrator.VerifyAsync()).Ok}");
                """);

            var outcome = await ChildProcess.RunAsync(
                "dotnet",
                ["run"],
                [.. PackedPackages.CleanEnvironment, ("NUGET_PACKAGES", Path.Combine(folder.FullName, "packages")), ("CONSUMER_CONNECTION", database.ConnectionString)],
                folder.FullName);

            Assert.That(outcome.ExitCode, Is.Zero, outcome.All);
            Assert.That(outcome.Output, Does.Contain("verified True"));
            await using var migrator = database.Migrator();
            Assert.That((await migrator.GetStatusAsync()).Phase, Is.EqualTo(Phase.Backfill));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
