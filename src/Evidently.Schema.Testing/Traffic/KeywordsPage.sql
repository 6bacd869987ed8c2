SELECT * FROM public.get_keyword_presence($1);
