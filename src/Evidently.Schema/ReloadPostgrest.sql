-- PostgREST, where one listens, reads anew what there is to serve. A statement of its own: it waits for others that notify, and must hold no lock then.
NOTIFY pgrst, 'reload schema';
