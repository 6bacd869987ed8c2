-- Statistics, and no first reader who pays for the hint bits.
VACUUM (ANALYZE) public.customers, public.brands, public.generated_queries, public.brand_competitors, public.collector_results,
    public.extracted_positions
