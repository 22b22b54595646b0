package iso19139

import "cmp"

// service writes what only services have.
func (w *writer) service() {
	s := w.Metadata.Service
	if s.Type == "" {
		w.Nothing("srv:serviceType")
	} else {
		w.Nested("srv:serviceType/gco:LocalName", s.Type)
	}
	w.OptionalText("srv:serviceTypeVersion", s.Version)
	w.extent("srv:extent")
	if !w.Brief() {
		for _, id := range s.OperatesOnIDs {
			w.Within("srv:coupledResource/srv:SV_CoupledResource", func() {
				w.Nothing("srv:operationName")
				w.Text("srv:identifier", id)
			})
		}
	}
	w.Within("srv:couplingType", func() {
		coupling := cmp.Or(s.Coupling, "loose")
		w.Element("srv:SV_CouplingType", coupling, "codeList", codeLists+"SV_CouplingType", "codeListValue", coupling)
	})
	w.operations()
	if !w.Brief() {
		w.Operands()
	}
}

func (w *writer) operations() {
	if len(w.Metadata.Service.Operations) == 0 || w.Brief() {
		w.Nothing("srv:containsOperations")
		return
	}
	for _, name := range w.Metadata.Service.Operations {
		w.Within("srv:containsOperations/srv:SV_OperationMetadata", func() {
			w.Text("srv:operationName", name)
			w.Within("srv:DCP", func() {
				w.Element("srv:DCPList", "WebServices", "codeList", codeLists+"DCPList", "codeListValue", "WebServices")
			})
			if len(w.Metadata.Online) > 0 {
				w.Within("srv:connectPoint/gmd:CI_OnlineResource", func() { w.Nested("gmd:linkage/gmd:URL", w.Metadata.Online[0].Href) })
			} else {
				w.Nothing("srv:connectPoint")
			}
		})
	}
}
