SELECT * FROM public.get_competitor_visibility_trend($1, $2, $3, $4);
