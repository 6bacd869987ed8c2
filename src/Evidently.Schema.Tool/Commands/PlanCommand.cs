using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using Evidently.Schema.Hosting.Data;
using FluentMigrator;
using FluentMigrator.Expressions;
using FluentMigrator.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console;

namespace Evidently.Schema.Tool.Commands;

/// <summary>The steps to come, what each locks, and their SQL. Changes nothing.</summary>
internal static partial class PlanCommand
{
    public static Command Create()
    {
        var to = PhaseName.Option($"The last phase to show (default {MigrationCatalog.LastUntagged})", MigrationCatalog.LastUntagged);
        var sql = new Option<bool>("--sql") { Description = "Print every statement, to read; to apply by psql use the preview of dotnet-fm, which records versions" };
        return ToolRun.Command("plan", "Lists the steps to come, what they lock, and their SQL", (run, arguments, token) => RunAsync(run, arguments.GetValue(to), arguments.GetValue(sql), token), to, sql);
    }

    private static async Task<int> RunAsync(ToolRun run, Phase to, bool sql, CancellationToken cancellationToken)
    {
        var status = await run.Migrator.GetStatusAsync(cancellationToken).ConfigureAwait(false);
        var steps = Steps().Where(step => step.Version <= MigrationCatalog.LastVersion(to) && !status.Applied.Contains(step.Version)).ToArray();
        run.Answer(
            new { database = run.Database, phase = status.Phase, steps = steps.Select(step => new { step.Version, step.Description, step.Tags, step.Locks, sql = sql ? step.Statements : null }) },
            () => Print(steps, sql));
        return ExitCode.Done;
    }

    private static void Print(Step[] steps, bool sql)
    {
        if (sql)
        {
            foreach (var step in steps)
            {
                Console.WriteLine($"-- {step.Version}: {step.Description}{Environment.NewLine}");
                foreach (var statement in step.Statements)
                {
                    Console.WriteLine(statement);
                }
            }

            return;
        }

        var table = new Table().RoundedBorder().AddColumns("version", "what", "locks of the application's tables");
        foreach (var step in steps)
        {
            table.AddRow(step.Version.ToString(CultureInfo.InvariantCulture), step.Description.EscapeMarkup(), (step.Locks.Length == 0 ? "none" : string.Join("; ", step.Locks)).EscapeMarkup());
        }

        AnsiConsole.Write(table);
        AnsiConsole.WriteLine(steps.Length == 0 ? "Nothing is pending." : "Each lock is held for the step alone, milliseconds, and waited for at most 200 ms at a time.");
    }

    private static IEnumerable<Step> Steps()
    {
        using var services = new ServiceCollection().BuildServiceProvider();
        foreach (var type in typeof(Phase).Assembly.GetExportedTypes().Where(type => type.IsDefined(typeof(MigrationAttribute), inherit: false)).OrderBy(Version))
        {
            var attribute = (MigrationAttribute)Attribute.GetCustomAttribute(type, typeof(MigrationAttribute))!;
            var context = new MigrationContext(querySchema: null!, services, connection: string.Empty);
            ((IMigration)Activator.CreateInstance(type)!).GetUpExpressions(context);
            string[] statements = [.. context.Expressions.OfType<ExecuteSqlStatementExpression>().Select(expression => expression.SqlStatement)];
            yield return new Step(
                attribute.Version,
                attribute.Description ?? type.Name,
                [.. MigrationCatalog.All.Single(migration => migration.Version == attribute.Version).Tags],
                [.. statements.SelectMany(LocksOf).Distinct(StringComparer.Ordinal)],
                statements);
        }

        static long Version(Type type) => ((MigrationAttribute)Attribute.GetCustomAttribute(type, typeof(MigrationAttribute))!).Version;
    }

    /// <summary>A step names what it locks: CALL evidently_schema.step(ARRAY['brands', …], $step$ … $step$, 'ACCESS EXCLUSIVE').</summary>
    private static IEnumerable<string> LocksOf(string statement) =>
        from Match call in StepCall().Matches(statement)
        let tables = call.Groups["tables"].Value.Replace("'", string.Empty, StringComparison.Ordinal)
        where tables.Length > 0
        select $"{(call.Groups["mode"].Success ? call.Groups["mode"].Value : "SHARE ROW EXCLUSIVE")} on {tables}";

    [GeneratedRegex(@"^CALL evidently_schema\.step\(\s*ARRAY\[(?<tables>[^\]]*)\](::text\[\])?,\s*\$step\$.*?\$step\$(,\s*'(?<mode>[A-Z ]+)')?\)", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex StepCall();

    private sealed record Step(long Version, string Description, string[] Tags, string[] Locks, string[] Statements);
}
