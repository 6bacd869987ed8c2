using Evidently.Schema.Hosting;
using Evidently.Schema.Hosting.Data;
using Npgsql;
using NUnit.Framework;

namespace Evidently.Schema.Tests;

public sealed class SchemaErrorsTests
{
    [TestCase("57P01", SchemaError.Unreachable)]
    [TestCase("57P02", SchemaError.Unreachable)]
    [TestCase("57P03", SchemaError.Unreachable)]
    [TestCase("53300", SchemaError.Unreachable)]
    [TestCase("28P01", SchemaError.LoginRefused)]
    [TestCase("3D000", SchemaError.LoginRefused)]
    public void A_log_in_that_another_try_may_pass_is_not_a_refused_one(string state, SchemaError expected)
    {
        var problem = new PostgresException("what the server said", "FATAL", "FATAL", state);

        Assert.That(SchemaErrors.Connecting(problem, new NpgsqlConnectionStringBuilder("Host=db;Database=shop;Username=joe")).Error, Is.EqualTo(expected));
    }
}
