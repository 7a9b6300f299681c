package serve

// Over is closed when the pool has ended, though Close was not called: it has broken
// down. No stream can be served from then on.
func (s *Server) Over() <-chan struct{} { return s.over }

// Counts returns the number of slots, and of workers that are alive; both are 0 before
// the first stream has said what they are.
func (s *Server) Counts() (slots, workers int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pool == nil {
		return 0, 0
	}
	return s.jobs, s.pool.Workers()
}
