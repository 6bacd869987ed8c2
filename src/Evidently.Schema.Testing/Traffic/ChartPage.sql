SELECT * FROM public.get_visibility_chart($1, $2, $3, $4);
