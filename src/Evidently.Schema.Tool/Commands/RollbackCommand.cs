using System.CommandLine;
using Spectre.Console;

namespace Evidently.Schema.Tool.Commands;

/// <summary>Goes back to a phase. Legacy is not touched.</summary>
internal static class RollbackCommand
{
    public static Command Create()
    {
        var to = PhaseName.Option("The phase to go back to; None takes everything away", fallback: null);
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask" };
        return ToolRun.Command("rollback", "Reverts every migration after a phase; legacy keeps all its rows", (run, arguments, token) => RunAsync(run, arguments.GetValue(to), arguments.GetValue(yes), token), to, yes);
    }

    private static async Task<int> RunAsync(ToolRun run, Phase to, bool yes, CancellationToken cancellationToken)
    {
        var before = await run.Migrator.GetStatusAsync(cancellationToken).ConfigureAwait(false);
        var concerned = before.Applied.Where(version => version / 100 > (int)to).ToArray();
        if (concerned.Length > 0)
        {
            run.Confirm(
                $"Rolling {run.Database} back to phase {to} reverts {string.Join(", ", concerned)}{(to < Phase.Backfill && before.Phase >= Phase.Backfill ? "; the star's rows go and must be copied again" : string.Empty)}.",
                yes);
        }

        var reverted = await run.Migrator.RollbackAsync(to, cancellationToken).ConfigureAwait(false);
        run.Answer(new { database = run.Database, phase = to, reverted }, () => AnsiConsole.MarkupLineInterpolated(
            $"{run.Database} is at phase [bold]{to}[/]. {(reverted.Count == 0 ? "Nothing was to revert." : $"Reverted: {string.Join(", ", reverted)}.")}"));
        return ExitCode.Done;
    }
}
