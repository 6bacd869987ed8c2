using System.Text.RegularExpressions;
using NUnit.Framework;

namespace Evidently.Schema.Tests;

[TestFixture]
public sealed partial class SourceConventionTests
{
    private const int LongestFile = 300;

    private static IEnumerable<string> Code => Source.Files("src", ".cs");

    private static IEnumerable<string> OwnSql => Source.Files("src", ".sql").Where(file => !file.StartsWith("src/Evidently.Schema.Testing/Legacy/", StringComparison.Ordinal));

    [Test]
    public void No_source_file_is_longer_than_300_lines() =>
        Assert.That(Source.Files("src", ".cs", ".sql").Where(file => File.ReadLines(Path.Combine(Source.Root, file)).Count() > LongestFile), Is.Empty);

    [TestCaseSource(nameof(OwnSql))]
    public void A_sql_file_is_one_statement_that_ends_with_a_semicolon(string file)
    {
        var statements = SqlText.Split(Source.Read(file));

        Assert.That(statements, Has.Count.EqualTo(2), "one semicolon at the top level");
        Assert.That(statements[0].Trim(), Is.Not.Empty);
        Assert.That(statements[^1].Trim(), Is.Empty, "what follows it");
    }

    [Test]
    public void Libraries_do_not_write_to_the_console() =>
        Assert.That(Code.Where(file => !file.StartsWith("src/Evidently.Schema.Tool/", StringComparison.Ordinal)).Where(file => ConsoleUse().IsMatch(Source.Read(file))), Is.Empty);

    [Test]
    public void Every_await_in_src_is_configured() => Assert.That(
        Code.Where(file => Comments().Replace(Source.Read(file), string.Empty) is var text && Awaits().Count(text) > Configured().Count(text)),
        Is.Empty);

    [Test]
    public void SQL_stands_in_sql_files_only() => Assert.That(
        Code.Where(file => !file.StartsWith("src/Evidently.Schema.Testing/Server/", StringComparison.Ordinal)) // CREATE DATABASE takes no parameters
            .SelectMany(file => SqlLiteral().Matches(Source.Read(file)).Select(match => $"{file}: {match.Value}")),
        Is.Empty);

    [Test]
    public void No_file_names_a_folder_of_one_machine_or_a_registry()
    {
        // In pieces, or this file would name them.
        string[] forbidden = ["/wo" + "rk/", "/tm" + "p/h/", "/ro" + "ot/", "/ho" + "me/", "C:\\" + "Users", "api." + "nuget.org", "registry." + "npmjs.org"];

        Assert.That(
            Source.Files(".").Where(file => Path.GetExtension(file) is not (".png" or ".user"))
                .SelectMany(file => forbidden.Where(Source.Read(file).Contains).Select(text => $"{file}: {text}")),
            Is.Empty);
    }

    [GeneratedRegex(@"\bConsole\.", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ConsoleUse();

    [GeneratedRegex(@"//[^\n]*", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Comments();

    [GeneratedRegex(@"\bawait\s", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Awaits();

    [GeneratedRegex(@"\.ConfigureAwait\(", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Configured();

    [GeneratedRegex("\"\\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER|DROP|TRUNCATE|CALL|DO|GRANT|REVOKE|SET|LOCK|WITH)\\s[^\"]*\"?", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SqlLiteral();
}
