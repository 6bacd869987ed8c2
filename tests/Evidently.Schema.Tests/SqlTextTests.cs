using NUnit.Framework;

namespace Evidently.Schema.Tests;

[TestFixture]
public sealed class SqlTextTests
{
    [TestCase("SELECT 1;", 1)]
    [TestCase("SELECT 1; SELECT 2;", 2)]
    [TestCase("SELECT ';', \";\", E'\\';', 'it''s;';", 1)]
    [TestCase("DO $$ BEGIN PERFORM 1; END $$;", 1)]
    [TestCase("CREATE FUNCTION f() RETURNS void AS $f$ SELECT $$;$$; $f$;", 1)]
    [TestCase("-- one; two\nSELECT 1; /* three; /* four; */ */", 1)]
    [TestCase("SELECT $1; SELECT a$b;", 2)]
    public void Statements_are_counted_past_strings_comments_and_dollar_quotes(string sql, int statements)
    {
        var split = SqlText.Split(sql);

        Assert.That(split, Has.Count.EqualTo(statements + 1));
        Assert.That(split[^1].Trim(), Is.Empty);
    }

    [Test]
    public void A_statement_without_its_semicolon_is_seen() => Assert.That(SqlText.Split("SELECT 1; SELECT 2")[^1].Trim(), Is.EqualTo("SELECT 2"));

    [TestCase("SELECT 'a;")]
    [TestCase("DO $x$ BEGIN;")]
    [TestCase("/* /* */")]
    public void What_is_not_closed_is_an_error(string sql) => Assert.Throws<FormatException>(() => SqlText.Split(sql));
}
