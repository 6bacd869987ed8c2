SELECT * FROM public.get_brand_visibility_metrics($1, $2, $3);
