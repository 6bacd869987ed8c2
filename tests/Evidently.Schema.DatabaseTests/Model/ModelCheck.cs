using System.Text;
using CsCheck;
using Evidently.Schema.DatabaseTests.Backfill;

namespace Evidently.Schema.DatabaseTests.Model;

/// <summary>Runs random sequences until time is up, on databases from which a guard may be missing.</summary>
internal sealed class ModelCheck(bool copied, bool concurrent, Guard? without = null)
{
    private const int Seconds = 9;

    /// <summary>How many smaller sequences are tried once one has failed.</summary>
    private const int Shrinks = 100;

    private readonly Dictionary<bool, ModelDatabase> _databases = [];
    private Sequence? _failed;
    private int _ran;
    private int _untilFailure;

    /// <summary>How many sequences ran until the first failed, or all.</summary>
    public int UntilFailure => _untilFailure == 0 ? _ran : _untilFailure;

    /// <param name="sequences">At most so many; null: for some seconds.</param>
    public async Task CheckAsync(int? sequences = null)
    {
        string text;
        var isSet = Environment.GetEnvironmentVariable("CsCheck_Time") is not null || Environment.GetEnvironmentVariable("CsCheck_Iter") is not null;
        try
        {
            await Sequences.Of(copied, concurrent).SampleAsync(
                RunAsync, iter: sequences ?? -1, time: isSet || sequences is not null ? -1 : Seconds, threads: 1, print: sequence => sequence.ToString());
            await TestContext.Out.WriteLineAsync($"{_ran} sequences");
            return;
        }
        catch (CsCheckException found)
        {
            text = await DescribeAsync($"{found.Message}{Environment.NewLine}{found.InnerException?.Message}");
        }
        finally
        {
            foreach (var database in _databases.Values)
            {
                await database.DisposeAsync();
            }
        }

        throw new CsCheckException(text); // the stacks of many sequences say nothing
    }

    private async Task RunAsync(Sequence sequence)
    {
        if (_untilFailure > 0 && _ran > _untilFailure + Shrinks)
        {
            return;
        }

        _ran++;
        try
        {
            await (await DatabaseAsync(sequence.ForeignKeys)).RunAsync(sequence, concurrent);
        }
        catch
        {
            _failed = sequence; // only what is smaller than the last is tried after it
            _untilFailure = _untilFailure == 0 ? _ran : _untilFailure;
            throw;
        }
    }

    private async Task<ModelDatabase> DatabaseAsync(bool foreignKeys)
    {
        if (!_databases.TryGetValue(foreignKeys, out var database))
        {
            database = _databases[foreignKeys] = await ModelDatabase.CreateAsync(copied, foreignKeys, without);
        }

        return database;
    }

    /// <summary>CsCheck has found the smallest of random sequences; now each of its steps that is not needed goes.</summary>
    private async Task<string> DescribeAsync(string message)
    {
        var text = new StringBuilder(message).AppendLine().AppendLine($"The first of {_ran} sequences to fail was number {_untilFailure}.");
        if (_failed is null || concurrent)
        {
            return text.ToString();
        }

        var steps = _failed.Steps.ToList();
        var problem = await ProblemAsync(steps);
        for (var i = steps.Count - 1; i >= 0 && problem is not null; i--)
        {
            List<Step> fewer = [.. steps[..i], .. steps[(i + 1)..]];
            if (await ProblemAsync(fewer) is { } still)
            {
                (steps, problem) = (fewer, still);
            }
        }

        return text.AppendLine(problem is null ? "It does not fail again." : $"Without the steps that are not needed: {problem}")
            .Append(_failed with { Steps = steps }).ToString();
    }

    private async Task<string?> ProblemAsync(List<Step> steps)
    {
        try
        {
            await (await DatabaseAsync(_failed!.ForeignKeys)).RunAsync(_failed with { Steps = steps }, concurrent);
            return null;
        }
        catch (InvalidOperationException problem)
        {
            return problem.Message;
        }
    }
}
