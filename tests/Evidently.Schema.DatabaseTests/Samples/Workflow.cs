namespace Evidently.Schema.DatabaseTests.Samples;

/// <summary>The run: steps of a workflow of GitHub Actions, as plainly as we write them.</summary>
internal static class Workflow
{
    private const string Run = "run: ";
    private const string Marker = "# not run here: ";

    public static IReadOnlyList<WorkflowStep> Steps(string file)
    {
        var steps = new List<WorkflowStep>();
        var lines = File.ReadAllLines(file);
        string? reason = null;
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].TrimStart(' ', '-');
            if (line.StartsWith(Marker, StringComparison.Ordinal))
            {
                reason = line[Marker.Length..];
            }
            else if (line.StartsWith(Run, StringComparison.Ordinal))
            {
                var indent = lines[i].IndexOf(Run, StringComparison.Ordinal);
                var commands = line[Run.Length..];
                if (commands is "|")
                {
                    var block = lines.Skip(i + 1).TakeWhile(next => next.Length > indent && string.IsNullOrWhiteSpace(next[..(indent + 2)])).ToArray();
                    commands = string.Join('\n', block.Select(next => next.Trim()));
                }

                steps.Add(new WorkflowStep(commands, reason));
                reason = null;
            }
        }

        return steps;
    }
}

/// <summary>A step, and why it is not run here, if it is not.</summary>
internal sealed record WorkflowStep(string Commands, string? NotRunHere);
