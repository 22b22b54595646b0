<?xml version="1.0" encoding="UTF-8"?>
<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs" xmlns:gml="http://www.opengis.net/gml" xmlns:eo="urn:perigee:featureinfo">
 <gml:featureMember>
  <eo:product fid="S2__NDVI&lt;2022-07-04">
   <eo:identifier>S2__NDVI&lt;2022-07-04</eo:identifier>
   <eo:layer>S2__NDVI</eo:layer>
   <eo:collection>S2</eo:collection>
   <eo:beginTime>2022-07-04T10:00:20.5Z</eo:beginTime>
   <eo:endTime>2022-07-04T10:00:20.5Z</eo:endTime>
   <eo:channel name="grey">255</eo:channel>
   <eo:band name="B04">255</eo:band>
   <eo:band name="B08">no data</eo:band>
   <eo:footprint>
    <gml:MultiPolygon>
     <gml:polygonMember>
      <gml:Polygon srsName="http://www.opengis.net/gml/srs/epsg.xml#4326">
       <gml:outerBoundaryIs>
        <gml:LinearRing>
         <gml:coordinates>14,47 16,47 16,49 14,49 14,47</gml:coordinates>
        </gml:LinearRing>
       </gml:outerBoundaryIs>
      </gml:Polygon>
     </gml:polygonMember>
    </gml:MultiPolygon>
   </eo:footprint>
  </eo:product>
 </gml:featureMember>
 <gml:featureMember>
  <eo:product fid="S2&lt;2022-07-04">
   <eo:identifier>S2&lt;2022-07-04</eo:identifier>
   <eo:layer>S2</eo:layer>
   <eo:collection>S2</eo:collection>
   <eo:beginTime>2022-07-04T10:00:20.5Z</eo:beginTime>
   <eo:endTime>2022-07-04T10:00:20.5Z</eo:endTime>
   <eo:channel name="grey">0</eo:channel>
   <eo:band name="B04">0</eo:band>
   <eo:band name="B08">no data</eo:band>
   <eo:footprint>
    <gml:MultiPolygon>
     <gml:polygonMember>
      <gml:Polygon srsName="http://www.opengis.net/gml/srs/epsg.xml#4326">
       <gml:outerBoundaryIs>
        <gml:LinearRing>
         <gml:coordinates>14,47 16,47 16,48 14,48 14,47</gml:coordinates>
        </gml:LinearRing>
       </gml:outerBoundaryIs>
      </gml:Polygon>
     </gml:polygonMember>
    </gml:MultiPolygon>
   </eo:footprint>
  </eo:product>
 </gml:featureMember>
</wfs:FeatureCollection>
