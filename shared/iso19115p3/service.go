package iso19115p3

// service writes what only services have.
func (w *writer) service() {
	s := w.Metadata.Service
	if s.Type == "" {
		w.Nothing("srv:serviceType")
	} else {
		w.Nested("srv:serviceType/gco:ScopedName", s.Type)
	}
	w.OptionalText("srv:serviceTypeVersion", s.Version)
	w.code("srv:couplingType", "srv:SV_CouplingType", s.Coupling)
	if w.Brief() {
		return
	}
	for _, id := range s.OperatesOnIDs {
		w.Within("srv:coupledResource/srv:SV_CoupledResource", func() {
			w.Within("srv:resourceReference/cit:CI_Citation", func() {
				w.Text("cit:title", id)
				w.identifier("cit:identifier", id)
			})
		})
	}
	for _, name := range s.Operations {
		w.Within("srv:containsOperations/srv:SV_OperationMetadata", func() { w.operation(name) })
	}
	w.Operands()
}

func (w *writer) operation(name string) {
	w.Text("srv:operationName", name)
	w.code("srv:distributedComputingPlatform", "srv:DCPList", "WebServices")
	if len(w.Metadata.Online) == 0 {
		w.Nothing("srv:connectPoint")
		return
	}
	w.Within("srv:connectPoint/cit:CI_OnlineResource", func() { w.Text("cit:linkage", w.Metadata.Online[0].Href) })
}
