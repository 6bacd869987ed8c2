SELECT public.refresh_mv_brand_daily_metrics();
