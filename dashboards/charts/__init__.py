"""DataFrame -> plotly Figure: an answer of `dashboards.queries` drawn, with its units and colours.

Figures carry no title: the page says above a chart what it shows.
"""
