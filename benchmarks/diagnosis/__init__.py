"""How often the diagnosis is right: labelled runs, labels that counterfactual runs confirm, figures."""
